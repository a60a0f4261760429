// What Kafka's classes read in record batches, as text: a line for the header of a batch and one
// for each record. `batch-text.ts` writes the same of what we read.

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

final class BatchText {
    /** Timestamps beyond are told apart here, but not by a JavaScript number. */
    private static final long LAST_EXACT = 1L << 52;
    /** For what is no UTF-8 Java and Node have not always the same number of these. */
    private static final String BROKEN = "\ufffd+";

    private BatchText() {}

    /** The first batch of the bytes, or why it is none. */
    static String of(byte[] bytes) {
        try {
            return textOf(batchOf(bytes));
        } catch (Throwable error) {
            return "refused: " + error;
        }
    }

    /** The batch with another place in the log, another epoch and another timestamp. */
    static byte[] patched(byte[] bytes, long lastOffset, int leaderEpoch, long timestamp) {
        byte[] copy = bytes.clone();
        MutableRecordBatch batch = batchOf(copy);
        TimestampType type = batch.timestampType() == TimestampType.CREATE_TIME
            ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
        batch.setLastOffset(lastOffset);
        batch.setPartitionLeaderEpoch(leaderEpoch);
        batch.setMaxTimestamp(type, timestamp);
        return copy;
    }

    private static MutableRecordBatch batchOf(byte[] bytes) {
        return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches().iterator().next();
    }

    private static String textOf(RecordBatch batch) {
        batch.ensureValid();
        StringBuilder text = new StringBuilder();
        text.append("magic=").append(batch.magic())
            .append(" offsets=").append(batch.baseOffset()).append("..").append(batch.lastOffset())
            .append(" next=").append(batch.nextOffset())
            .append(" leaderEpoch=").append(batch.partitionLeaderEpoch())
            .append(" codec=").append(batch.compressionType().name)
            .append(" type=").append(batch.timestampType().name)
            .append(" maxTimestamp=").append(batch.maxTimestamp())
            .append(" producer=").append(batch.hasProducerId())
            .append(' ').append(batch.producerId()).append(' ').append(batch.producerEpoch())
            .append(" sequences=").append(batch.baseSequence())
            .append("..").append(batch.lastSequence())
            .append(" transactional=").append(batch.isTransactional())
            .append(" control=").append(batch.isControlBatch())
            .append(" horizon=")
            .append(batch.deleteHorizonMs().isEmpty() ? "none" : batch.deleteHorizonMs().getAsLong())
            .append(" count=").append(batch.countOrNull());
        for (Record record : batch) append(text, record, batch);
        return text.toString();
    }

    private static void append(StringBuilder text, Record record, RecordBatch batch) {
        text.append('\n').append(record.offset()).append(' ');
        text.append(Math.abs(record.timestamp()) > LAST_EXACT ? "beyond" : record.timestamp());
        text.append(' ').append(record.offset() < batch.baseOffset() ? "before" : record.sequence());
        if (batch.isControlBatch()) text.append(' ').append(ControlRecordType.parse(record.key()));
        text.append(" key=").append(hex(record.key()));
        text.append(" value=").append(hex(record.value()));
        for (Header header : record.headers()) {
            text.append(" [").append(header.key().replaceAll(BROKEN, "\ufffd")).append("]=");
            text.append(header.value() == null ? "null" : hex(ByteBuffer.wrap(header.value())));
        }
    }

    private static String hex(ByteBuffer buffer) {
        if (buffer == null) return "null";
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
