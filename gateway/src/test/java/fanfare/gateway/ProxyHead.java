package fanfare.gateway;

import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Heads of the PROXY protocol, byte by byte, as its specification draws them. */
final class ProxyHead {
    private static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

    static final int LOCAL = 0x20;
    static final int PROXY = 0x21;

    static final int UNSPECIFIED = 0x00;
    static final int TCP4 = 0x11;
    static final int UDP4 = 0x12;
    static final int TCP6 = 0x21;
    static final int UNIX_STREAM = 0x31;
    /** The length of both addresses of such a head, in bytes. */
    static final int UNIX_LENGTH = 2 * 108;

    private ProxyHead() {}

    /** Version 1: a line. */
    static Buffer v1(String words) {
        return Buffer.buffer("PROXY " + words + "\r\n");
    }

    /** Version 2: the signature, version and command, family and transport, the length of what follows, and that. */
    static Buffer v2(int command, int family, Buffer rest) {
        return begun(command, family, rest.length()).appendBuffer(rest);
    }

    /** Version 2 that announces this address. */
    static Buffer v2(String address) {
        return v2(PROXY, address.contains(":") ? TCP6 : TCP4, addresses(address));
    }

    /** A head of version 2 up to the length of what is to follow. */
    static Buffer begun(int command, int family, int length) {
        return Buffer.buffer(SIGNATURE)
                .appendByte((byte) command)
                .appendByte((byte) family)
                .appendUnsignedShort(length);
    }

    /** The browser's address, one of ours, and their ports. */
    static Buffer addresses(String address) {
        return Buffer.buffer(bytes(address))
                .appendBytes(bytes(address.contains(":") ? "::1" : "127.0.0.1"))
                .appendUnsignedShort(50_000)
                .appendUnsignedShort(443);
    }

    /** A type, a length and a value. */
    static Buffer tlv(int type, byte... value) {
        return Buffer.buffer()
                .appendByte((byte) type)
                .appendUnsignedShort(value.length)
                .appendBytes(value);
    }

    private static byte[] bytes(String address) {
        try {
            return InetAddress.getByName(address).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
