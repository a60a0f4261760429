// Random record batches as Kafka's own builder writes them, and as its compaction leaves them.

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.KRaftVersionRecord;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.message.SnapshotFooterRecord;
import org.apache.kafka.common.message.SnapshotHeaderRecord;
import org.apache.kafka.common.message.VotersRecord;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetention;
import org.apache.kafka.common.record.internal.MemoryRecords.RecordFilter.BatchRetentionResult;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.ByteBufferOutputStream;

final class RandomBatches {
    private static final byte MAGIC = RecordBatch.MAGIC_VALUE_V2;
    private static final long NONE = -1;
    /** What a double holds, and records of the next batches still fit. */
    private static final long HIGHEST_OFFSET = 1L << 52;
    private static final long NOW_MS = 1_700_000_000_000L;
    private static final int LARGEST_BODY = Integer.MAX_VALUE - 8;
    /** Above 12 zstd takes long, at 22 close to a gigabyte: those have a check of their own. */
    private static final int[] ZSTD_LEVELS = {-131072, -7, -1, 1, 3, 6, 9, 12};
    private static final String[] HEADER_KEYS = {"", "trace", "größe", "日本語", "k".repeat(200)};

    private final SplittableRandom random;

    RandomBatches(long seed) {
        random = new SplittableRandom(seed);
    }

    byte[] next() {
        if (random.nextInt(8) == 0) return bytesOf(control());
        byte[] written = bytesOf(data());
        return random.nextInt(4) == 0 ? compacted(written) : written;
    }

    /** A message set of format 0 or 1; an error where Kafka cannot write it any more. */
    static byte[] old(byte magic, String codec) {
        Compression compression = Compression.of(codec).build();
        TimestampType type =
            magic == 0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME;
        MemoryRecordsBuilder builder =
            MemoryRecords.builder(ByteBuffer.allocate(1024), magic, compression, type, 0L);
        byte[] value = "a message of before the batches".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 3; i++) builder.append(magic == 0 ? NONE : NOW_MS, null, value);
        return bytesOf(builder.build());
    }

    private MemoryRecords data() {
        boolean hasProducer = random.nextBoolean();
        boolean isTransactional = hasProducer && random.nextBoolean();
        boolean hasHorizon = random.nextInt(8) == 0;
        long baseOffset = offset();
        MemoryRecordsBuilder builder = builder(compression(), baseOffset, hasProducer,
            isTransactional, false, hasHorizon ? NOW_MS - random.nextInt(1_000_000) : NONE);
        int count = random.nextInt(100) == 0 ? 1 + random.nextInt(1000) : 1 + random.nextInt(8);
        boolean hasGaps = random.nextInt(4) == 0;
        long offset = baseOffset + (hasGaps ? random.nextInt(5) : 0);
        for (int i = 0; i < count; i++) {
            builder.appendWithOffset(offset, timestamp(), bytes(), bytes(), headers());
            offset += 1 + (hasGaps ? random.nextInt(random.nextInt(100) == 0 ? 100_000 : 5) : 0);
        }
        if (hasGaps) builder.overrideLastOffset(offset + random.nextInt(3));
        return builder.build();
    }

    private MemoryRecordsBuilder builder(Compression compression, long baseOffset,
            boolean hasProducer, boolean isTransactional, boolean isControl, long horizon) {
        boolean isAppendTime = random.nextInt(3) == 0;
        TimestampType type =
            isAppendTime ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME;
        long producerId = hasProducer ? random.nextLong(HIGHEST_OFFSET) : NONE;
        short epoch = hasProducer ? (short) random.nextInt(Short.MAX_VALUE + 1) : -1;
        int sequence = !hasProducer || isControl ? -1
            : random.nextInt(4) == 0 ? Integer.MAX_VALUE - random.nextInt(3)
            : random.nextInt(100_000);
        int leaderEpoch = random.nextInt(4) == 0 && !isControl ? -1 : random.nextInt(1 << 30);
        return new MemoryRecordsBuilder(new ByteBufferOutputStream(ByteBuffer.allocate(4096)),
            MAGIC, compression, type, baseOffset, isAppendTime ? NOW_MS + 77 : NONE, producerId,
            epoch, sequence, isTransactional, isControl, leaderEpoch, LARGEST_BODY, horizon);
    }

    /** Each type of control record. */
    private MemoryRecords control() {
        ControlRecordType type = ControlRecordType.values()[random.nextInt(7)];
        boolean isEnd = type == ControlRecordType.ABORT || type == ControlRecordType.COMMIT;
        MemoryRecordsBuilder builder =
            builder(Compression.NONE, offset(), isEnd, isEnd, true, NONE);
        long time = timestamp();
        switch (type) {
            case ABORT: case COMMIT:
                int epoch = random.nextInt(100) - 1;
                builder.appendEndTxnMarker(time, new EndTransactionMarker(type, epoch));
                break;
            case LEADER_CHANGE:
                LeaderChangeMessage change = new LeaderChangeMessage();
                change.setLeaderId(random.nextInt(10));
                change.voters().add(new LeaderChangeMessage.Voter().setVoterId(1));
                builder.appendLeaderChangeMessage(time, change);
                break;
            case SNAPSHOT_HEADER:
                builder.appendSnapshotHeaderMessage(time,
                    new SnapshotHeaderRecord().setLastContainedLogTimestamp(timestamp()));
                break;
            case SNAPSHOT_FOOTER:
                builder.appendSnapshotFooterMessage(time, new SnapshotFooterRecord());
                break;
            case KRAFT_VERSION:
                builder.appendKRaftVersionMessage(time,
                    new KRaftVersionRecord().setKRaftVersion((short) 1));
                break;
            default:
                VotersRecord voters = new VotersRecord();
                Uuid directory = new Uuid(random.nextLong(), random.nextLong());
                voters.voters().add(
                    new VotersRecord.Voter().setVoterId(3).setVoterDirectoryId(directory));
                builder.appendVotersMessage(time, voters);
        }
        return builder.build();
    }

    /** Some records stay, all, or none: the batch then stands for its offsets alone. */
    private byte[] compacted(byte[] written) {
        int chance = random.nextInt(4);
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(NOW_MS, 86_400_000L) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch batch) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, chance == 3);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch batch, Record record) {
                return random.nextInt(3) < chance;
            }
        };
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(written));
        ByteBuffer target = ByteBuffer.allocate(written.length * 2 + 1024);
        ByteBuffer kept =
            records.filterTo(filter, target, BufferSupplier.NO_CACHING, LARGEST_BODY)
                .outputBuffer();
        kept.flip();
        return bytesOf(MemoryRecords.readableRecords(kept));
    }

    private Compression compression() {
        switch (random.nextInt(6)) {
            case 0: return Compression.gzip().level(1 + random.nextInt(9)).build();
            case 1: return Compression.snappy().build();
            case 2: return Compression.lz4().level(1 + random.nextInt(17)).build();
            case 3:
                int level = ZSTD_LEVELS[random.nextInt(ZSTD_LEVELS.length)];
                return Compression.zstd().level(level).build();
            default: return Compression.NONE;
        }
    }

    private long offset() {
        return random.nextInt(4) == 0 ? random.nextLong(HIGHEST_OFFSET) : random.nextInt(1000);
    }

    private long timestamp() {
        switch (random.nextInt(12)) {
            case 0: return NONE;
            case 1: return 0;
            case 2: return random.nextLong(1L << 50);
            default: return NOW_MS + random.nextInt(100_000) - 50_000;
        }
    }

    private Header[] headers() {
        Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(5) : 0];
        for (int i = 0; i < headers.length; i++) {
            String key = HEADER_KEYS[random.nextInt(HEADER_KEYS.length)];
            headers[i] = new RecordHeader(key, bytes());
        }
        return headers;
    }

    /** Null, empty, short, seldom longer than a block of any codec; half of them compressible. */
    private byte[] bytes() {
        int kind = random.nextInt(6);
        if (kind == 0) return null;
        int most = kind == 1 ? 1 : random.nextInt(300) == 0 ? 150_000 : 300;
        byte[] bytes = new byte[random.nextInt(most)];
        if (random.nextBoolean()) random.nextBytes(bytes);
        else for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) (i % 11);
        return bytes;
    }

    private static byte[] bytesOf(MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(bytes);
        return bytes;
    }
}
