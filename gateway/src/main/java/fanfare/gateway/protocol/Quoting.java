package fanfare.gateway.protocol;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;

/**
 * Makes JSON strings. Beyond what JSON asks for it escapes the code points that browsers' transports are known to
 * change or drop (the list of the SockJS protocol, 0.3.3, "Unicode"), in lower case. Lone surrogates cannot occur in
 * UTF-8.
 */
public final class Quoting {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private Quoting() {}

    /** The text as a JSON string, quotes included. */
    public static Buffer quote(Buffer utf8) {
        return quote(utf8, false);
    }

    /** The same for the inside of a script element, which neither {@code </} nor {@code <!--} may stand in. */
    public static Buffer quoteForScript(Buffer utf8) {
        return quote(utf8, true);
    }

    private static Buffer quote(Buffer utf8, boolean script) {
        byte[] bytes = utf8.getBytes();
        Buffer out = Buffer.buffer(bytes.length + bytes.length / 8 + 16);
        out.appendByte((byte) '"');
        int clean = 0;
        int i = 0;
        while (i < bytes.length) {
            int b = bytes[i];
            int length = 1;
            int escaped = -1;
            if (b == '"' || b == '\\') {
                escaped = 0;
            } else if ((b >= 0 && b < ' ') || (script && b == '<')) {
                escaped = b;
            } else if (b == (byte) 0xe2 || b == (byte) 0xef) {
                length = 3;
                int c = ((b & 0x0f) << 12) | ((bytes[i + 1] & 0x3f) << 6) | (bytes[i + 2] & 0x3f);
                escaped = isUnsafe(c) ? c : -1;
            }
            if (escaped >= 0) {
                out.appendBytes(bytes, clean, i - clean);
                if (escaped == 0 && b != 0) {
                    out.appendByte((byte) '\\').appendByte((byte) b);
                } else {
                    unicode(out, escaped);
                }
                clean = i + length;
            }
            i += length;
        }
        return out.appendBytes(bytes, clean, bytes.length - clean).appendByte((byte) '"');
    }

    private static boolean isUnsafe(int c) {
        return (c >= 0x200c && c <= 0x200f)
                || (c >= 0x2028 && c <= 0x202f)
                || (c >= 0x2060 && c <= 0x206f)
                || c >= 0xfff0;
    }

    private static void unicode(Buffer out, int c) {
        out.appendByte((byte) '\\').appendByte((byte) 'u');
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.appendByte(HEX[(c >> shift) & 0xf]);
        }
    }
}
