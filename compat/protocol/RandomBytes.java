// Random messages out of Kafka's own schemas: empty, null, extreme, non-ASCII.

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

final class RandomBytes {
    enum Style {
        /** Everything that may be on the wire. */
        WILD,
        /** Small, with something in every field: for the samples that are kept. */
        FULL,
    }

    private static final String[] TEXTS = {
        "", "a", "topic-name", "grün", "日本語", "\uD83E\uDEB2 beetle", "\0", "x".repeat(126),
        "y".repeat(127), "z".repeat(128),
    };
    private static final String[] NAMES = {"Gregor", "Grete", "ungeheuer", "Käfer", "apple-7"};
    private static final double[] DOUBLES = {
        0, -0.0, 1.5, -2.25e300, Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN,
        Double.NEGATIVE_INFINITY,
    };
    private static final int LONGEST_TEXT = Short.MAX_VALUE;

    private final Random random;
    /** Of its own, so that the rest of a message does not change with what it draws. */
    private final Random unknown;
    private final boolean isFull;

    RandomBytes(long seed, Style style, boolean withUnknownTags) {
        random = new Random(seed);
        unknown = withUnknownTags ? new Random(~seed) : null;
        isFull = style == Style.FULL;
    }

    byte[] of(Schema schema) {
        Struct struct = struct(schema);
        ByteBuffer buffer = ByteBuffer.allocate(schema.sizeOf(struct));
        schema.write(buffer, struct);
        return buffer.array();
    }

    private Struct struct(Schema schema) {
        Struct struct = new Struct(schema);
        for (BoundField field : schema.fields()) struct.set(field, value(field.def.type));
        return struct;
    }

    private Object value(Type type) {
        if (type.isNullable() && !isFull && random.nextInt(4) == 0) return null;
        if (type instanceof Schema) return struct((Schema) type);
        if (type instanceof TaggedFields) return tagged((TaggedFields) type);
        if (type.isArray()) return array(type.arrayElementType().get());
        return scalar(((Type.DocumentedType) type).typeName());
    }

    private Object scalar(String type) {
        switch (type) {
            case "BOOLEAN": return isFull || random.nextBoolean();
            case "INT8": return (byte) integer(8);
            case "INT16": return (short) integer(16);
            case "UINT16": return (int) integer(16) & 0xffff;
            case "INT32": return (int) integer(32);
            case "UINT32": return integer(32) & 0xffffffffL;
            case "INT64": return integer(64);
            case "FLOAT64": return isFull ? 1.5 : DOUBLES[random.nextInt(DOUBLES.length)];
            case "UUID": return uuid();
            case "STRING": case "COMPACT_STRING":
            case "NULLABLE_STRING": case "COMPACT_NULLABLE_STRING": return text();
            case "BYTES": case "COMPACT_BYTES":
            case "NULLABLE_BYTES": case "COMPACT_NULLABLE_BYTES": return ByteBuffer.wrap(bytes());
            case "RECORDS": case "COMPACT_RECORDS":
            case "NULLABLE_RECORDS": case "COMPACT_NULLABLE_RECORDS":
                return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes()));
            default: throw new IllegalArgumentException("no random values of type " + type);
        }
    }

    /**
     * The ends of the range, what lies around zero, and anything between; of 64 bits nothing that
     * a double does not hold.
     */
    private long integer(int bits) {
        long most = bits == 64 ? Long.MAX_VALUE : (1L << (bits - 1)) - 1;
        if (isFull) return 1 + random.nextInt(100);
        switch (random.nextInt(8)) {
            case 0: return most;
            case 1: return -most - 1;
            case 2: return 0;
            case 3: return -1;
            case 4: return random.nextInt(100);
            default: return random.nextLong() >> Math.max(64 - bits, 10);
        }
    }

    private Uuid uuid() {
        boolean isZero = !isFull && random.nextInt(4) == 0;
        return isZero ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
    }

    private String text() {
        if (isFull) return NAMES[random.nextInt(NAMES.length)];
        if (random.nextInt(2000) == 0) return "l".repeat(LONGEST_TEXT);
        return TEXTS[random.nextInt(TEXTS.length)];
    }

    private byte[] bytes() {
        int size = isFull ? 4 : random.nextInt(3) == 0 ? 0 : random.nextInt(300);
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private Object[] array(Type element) {
        boolean isLong = element instanceof Schema || isFull ? false : random.nextInt(50) == 0;
        int length = isFull ? 1 : isLong ? 300 : random.nextInt(4);
        Object[] elements = new Object[length];
        for (int i = 0; i < length; i++) elements[i] = value(element);
        return elements;
    }

    private TreeMap<Integer, Object> tagged(TaggedFields type) {
        TreeMap<Integer, Object> values = new TreeMap<>();
        for (var entry : type.fields().entrySet()) {
            Field field = entry.getValue();
            if (!isFull && random.nextInt(3) == 0) continue;
            // Kafka's classes read a null struct in tags as 0; its schemas would write it as -1.
            boolean isStruct = field.type instanceof Schema;
            Object value = isStruct ? struct((Schema) field.type) : value(field.type);
            values.put(entry.getKey(), value);
        }
        if (unknown != null) addUnknown(values);
        return values;
    }

    private void addUnknown(TreeMap<Integer, Object> values) {
        for (int tag : new int[] {100, 128, 20_000, Integer.MAX_VALUE - 1}) {
            if (unknown.nextInt(3) != 0) continue;
            byte[] content = new byte[unknown.nextInt(200)];
            unknown.nextBytes(content);
            values.put(tag, new RawTaggedField(tag, content));
        }
    }
}
