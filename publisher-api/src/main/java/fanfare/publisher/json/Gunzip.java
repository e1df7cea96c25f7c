package fanfare.publisher.json;

import fanfare.http.Problem;
import io.vertx.core.buffer.Buffer;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Unpacks one gzip member (RFC 1952). The JDK's stream for it would follow a chain of empty members, of which many fit into
 * a body, by calling itself for each.
 */
final class Gunzip {
    private static final short MAGIC = (short) 0x8b1f;
    private static final byte DEFLATE = 8;
    /** After the magic, the method and the flags: time of change, extra flags, operating system. */
    private static final int HEADER_REST_BYTES = 6;

    private static final int FLAG_HEADER_CHECKSUM = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;
    private static final int FLAGS_RESERVED = 0xe0;

    private static final int SLICE_BYTES = 64 << 10;

    private Gunzip() {}

    /**
     * Gives what was packed, and never holds more of it than it may be long, whatever the ratio.
     *
     * @throws fanfare.http.ProblemException if it is more than {@code bytesMax}, or not what gzip makes
     */
    static Buffer unpacked(Buffer packed, int bytesMax) {
        ByteBuffer in = ByteBuffer.wrap(packed.getBytes()).order(ByteOrder.LITTLE_ENDIAN);
        Inflater inflater = new Inflater(true);
        try {
            skipHeader(in);
            inflater.setInput(in);
            CRC32 checksum = new CRC32();
            Buffer out = inflate(inflater, checksum, bytesMax);
            if (in.getInt() != (int) checksum.getValue() || in.getInt() != out.length()) {
                throw broken("its checksum is wrong");
            }
            if (in.hasRemaining()) {
                throw broken("it goes on behind its end");
            }
            return out;
        } catch (BufferUnderflowException e) {
            throw broken("it breaks off");
        } catch (DataFormatException e) {
            throw broken(String.valueOf(e.getMessage()));
        } finally {
            inflater.end();
        }
    }

    private static void skipHeader(ByteBuffer in) {
        if (in.getShort() != MAGIC || in.get() != DEFLATE) {
            throw broken("it does not begin as one");
        }
        byte flags = in.get();
        if ((flags & FLAGS_RESERVED) != 0) {
            throw broken("it has flags that do not exist");
        }
        skip(in, HEADER_REST_BYTES);
        if ((flags & FLAG_EXTRA) != 0) {
            skip(in, Short.toUnsignedInt(in.getShort()));
        }
        if ((flags & FLAG_NAME) != 0) {
            skipText(in);
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipText(in);
        }
        if ((flags & FLAG_HEADER_CHECKSUM) != 0) {
            skip(in, Short.BYTES);
        }
    }

    private static void skip(ByteBuffer in, int bytes) {
        if (in.remaining() < bytes) {
            throw new BufferUnderflowException();
        }
        in.position(in.position() + bytes);
    }

    private static void skipText(ByteBuffer in) {
        byte b = in.get();
        while (b != 0) {
            b = in.get();
        }
    }

    private static Buffer inflate(Inflater inflater, CRC32 checksum, int bytesMax) throws DataFormatException {
        Buffer out = Buffer.buffer();
        byte[] slice = new byte[SLICE_BYTES];
        while (!inflater.finished()) {
            int length = inflater.inflate(slice);
            if (length == 0 && inflater.needsInput()) {
                throw new BufferUnderflowException();
            }
            if (length == 0 && inflater.needsDictionary()) {
                throw new DataFormatException("it needs a dictionary");
            }
            if (length > bytesMax - out.length()) {
                throw Problem.TOO_LARGE.because("the body unpacks to more than " + bytesMax + " bytes");
            }
            checksum.update(slice, 0, length);
            out.appendBytes(slice, 0, length);
        }
        return out;
    }

    private static RuntimeException broken(String why) {
        return Problem.INVALID.because("the body is no gzip: " + why);
    }
}
