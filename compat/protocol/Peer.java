// Kafka's own classes, to be asked from the other side of a pipe: which messages it defines, which
// errors it knows, what it makes of bytes. A question is a frame (its length, then its kind and
// what it needs); the answer is one too: 0 and what was asked for, or 1 and what went wrong.

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;

public final class Peer {
    /** Where the generated classes of the jars are. */
    private static final String[] PACKAGES = {
        "common.message", "common.metadata", "coordinator.group.generated",
        "coordinator.transaction.generated", "coordinator.share.generated", "raft.generated",
        "server.log.remote.metadata.storage.generated",
    };

    private static final Pattern DEFINITION =
        Pattern.compile("(common/)?(message|metadata)/\\w+\\.json");

    public static void main(String[] args) throws IOException {
        DataInputStream in = new DataInputStream(System.in);
        DataOutputStream out = new DataOutputStream(System.out);
        for (int size = readSize(in); size >= 0; size = readSize(in)) {
            byte[] question = in.readNBytes(size);
            byte[] answer = answerOrError(question);
            out.writeInt(answer.length);
            out.write(answer);
            out.flush();
        }
    }

    /** Negative at the end of the input. */
    private static int readSize(DataInputStream in) throws IOException {
        byte[] size = in.readNBytes(4);
        return size.length < 4 ? -1 : ByteBuffer.wrap(size).getInt();
    }

    private static byte[] answerOrError(byte[] question) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            bytes.write(0);
            answer(ByteBuffer.wrap(question), new DataOutputStream(bytes));
        } catch (Throwable error) {
            bytes.reset();
            bytes.write(1);
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            bytes.write(trace.toString().getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static void answer(ByteBuffer in, DataOutputStream out) throws Exception {
        byte kind = in.get();
        switch (kind) {
            case 'D': definitions(out); break;
            case 'E': errors(out); break;
            case 'M': make(in, out); break;
            case 'R': rewrite(in, out); break;
            case 'B': makeBatches(in, out); break;
            case 'T': batchTexts(in, out); break;
            case 'O': oldMessages(in, out); break;
            default: throw new IllegalArgumentException("no such question: " + kind);
        }
    }

    /** Every definition of a message in the jars of the class path. */
    private static void definitions(DataOutputStream out) throws IOException {
        for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!path.endsWith(".jar")) continue;
            try (ZipFile jar = new ZipFile(path)) {
                for (ZipEntry entry : (Iterable<ZipEntry>) () -> iterator(jar)) {
                    if (DEFINITION.matcher(entry.getName()).matches()) {
                        writeBytes(out, jar.getInputStream(entry).readAllBytes());
                    }
                }
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static Iterator<ZipEntry> iterator(ZipFile jar) {
        return (Iterator<ZipEntry>) jar.entries().asIterator();
    }

    /** A line for each: code, name, whether the same request may succeed later. */
    private static void errors(DataOutputStream out) throws IOException {
        for (Errors error : Errors.values()) {
            boolean isRetriable = error.exception() instanceof RetriableException;
            String line = error.code() + " " + error.name() + " " + isRetriable;
            writeBytes(out, line.getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Random messages, each twice: as Kafka writes it, and with tagged fields that nobody knows.
     * Only the latter hold what a newer version would add; all else in the two is the same.
     */
    private static void make(ByteBuffer in, DataOutputStream out) throws Exception {
        Class<?> type = classOf(readText(in));
        short version = in.getShort();
        long seed = in.getLong();
        int count = in.getInt();
        RandomBytes.Style style = RandomBytes.Style.values()[in.get()];
        Schema schema = ((Schema[]) type.getField("SCHEMAS").get(null))[version];
        for (int i = 0; i < count; i++) {
            byte[] known = new RandomBytes(seed + i, style, false).of(schema);
            byte[] unknown = new RandomBytes(seed + i, style, true).of(schema);
            writeBytes(out, readAndWrite(type, version, known));
            writeBytes(out, readAndWrite(type, version, unknown));
        }
    }

    /** Messages as they came, read and written again. */
    private static void rewrite(ByteBuffer in, DataOutputStream out) throws Exception {
        Class<?> type = classOf(readText(in));
        short version = in.getShort();
        List<byte[]> messages = new ArrayList<>();
        while (in.hasRemaining()) messages.add(readBytes(in));
        for (byte[] message : messages) writeBytes(out, readAndWrite(type, version, message));
    }

    /** Random record batches, each as bytes, as text, and as bytes after it was patched. */
    private static void makeBatches(ByteBuffer in, DataOutputStream out) throws IOException {
        long seed = in.getLong();
        int count = in.getInt();
        long lastOffset = in.getLong();
        int leaderEpoch = in.getInt();
        long timestamp = in.getLong();
        for (int i = 0; i < count; i++) {
            byte[] batch = new RandomBatches(seed + i).next();
            writeBytes(out, batch);
            writeBytes(out, BatchText.of(batch).getBytes(StandardCharsets.UTF_8));
            writeBytes(out, BatchText.patched(batch, lastOffset, leaderEpoch, timestamp));
        }
    }

    /** Record batches as text. */
    private static void batchTexts(ByteBuffer in, DataOutputStream out) throws IOException {
        while (in.hasRemaining()) {
            String text = BatchText.of(readBytes(in));
            writeBytes(out, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Messages of a format before that of batches. */
    private static void oldMessages(ByteBuffer in, DataOutputStream out) throws IOException {
        writeBytes(out, RandomBatches.old(in.get(), readText(in)));
    }

    private static byte[] readAndWrite(Class<?> type, short version, byte[] bytes)
            throws ReflectiveOperationException {
        Message message = (Message) type.getConstructor().newInstance();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        message.read(new ByteBufferAccessor(buffer), version);
        if (buffer.hasRemaining()) {
            String left = buffer.remaining() + " bytes are left after " + message;
            throw new IllegalStateException(left);
        }
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer written = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(written), cache, version);
        return written.array();
    }

    private static Class<?> classOf(String name) throws ClassNotFoundException {
        for (String inside : PACKAGES) {
            for (String suffix : new String[] {"Data", ""}) {
                try {
                    return Class.forName("org.apache.kafka." + inside + "." + name + suffix);
                } catch (ClassNotFoundException missing) {
                    // It is in another package.
                }
            }
        }
        throw new ClassNotFoundException(name);
    }

    private static String readText(ByteBuffer in) {
        return new String(readBytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] readBytes(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return bytes;
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
