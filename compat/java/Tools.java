// Kafka's command line tools, one after the other in one JVM: most of what a tool takes is its
// start. A line of standard input is a main class and its arguments, with tabs between; the answer
// is a line with the exit code and, in base 64, all that the tool printed.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.utils.Exit;

public final class Tools {
    /** Not an exception: tools catch those. */
    private static final class Ended extends Error {
        Ended() {
            super(null, null, false, false);
        }
    }

    /** Of the tool that runs; null until it asks to end. */
    private static Integer exitCode;

    /** Some catch what is thrown here, and more: what they do from now on does not count. */
    private static void end(int code, String message) {
        if (exitCode == null) exitCode = code;
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        System.setOut(nowhere);
        System.setErr(nowhere);
        throw new Ended();
    }

    public static void main(String[] args) throws Exception {
        Exit.setExitProcedure(Tools::end);
        Exit.setHaltProcedure(Tools::end);
        PrintStream answers = System.out;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split("\t", -1);
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            PrintStream all = new PrintStream(printed, true, StandardCharsets.UTF_8);
            System.setOut(all);
            System.setErr(all);
            int code = run(words[0], Arrays.copyOfRange(words, 1, words.length));
            all.flush();
            answers.println(code + " " + Base64.getEncoder().encodeToString(printed.toByteArray()));
            answers.flush();
        }
    }

    private static int run(String mainClass, String[] args) throws Exception {
        exitCode = null;
        try {
            Class.forName(mainClass).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            if (exitCode == null) {
                System.err.println(e.getCause());
                exitCode = 1;
            }
        }
        return exitCode == null ? 0 : exitCode;
    }
}
