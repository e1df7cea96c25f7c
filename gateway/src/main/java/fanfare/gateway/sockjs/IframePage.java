package fanfare.gateway.sockjs;

import fanfare.gateway.auth.Origins;
import fanfare.http.EntityTag;
import fanfare.http.Problem;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.ext.web.RoutingContext;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * The page that sockjs-client puts into a hidden frame, where its transports are not foreign (SockJS protocol, 0.3.3,
 * "Iframe"). What such a frame asks for comes from its own origin, whatever page it stands in: so that page is judged here,
 * by the request where that tells it, and by the page's own script, since the page may come out of a cache.
 */
final class IframePage {
    private static final int YEAR_S = 31_536_000;

    private static final String PAGE =
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>Fanfare</title>
            <script src="../client/sockjs.min.js"></script>
            <script src="iframe.js"></script>
            <script>
            (function (allowed) {
              var above = location.ancestorOrigins;
              var from = above && above.length ? above[0] : document.referrer;
              // Null where the page has no origin of its own, such as one out of a data: address.
              var page = /^(https?:)[/][/]([[][^\\]]+[\\]]|[^/?#:]+)(:[0-9]+)?([/?#]|$)/.exec(from);
              if (!page) return;
              var host = page[2];
              var origin = page[1] + '//' + host + (page[3] || '');
              var known = allowed.length === 0 && host === location.hostname;
              for (var i = 0; i < allowed.length; i++) {
                var parts = allowed[i].split('//*.');
                known = known || (parts.length === 1
                  ? origin === allowed[i]
                  : origin.indexOf(parts[0] + '//') === 0 && origin.slice(-parts[1].length - 1) === '.' + parts[1]);
              }
              if (known) SockJS.bootstrap_iframe();
            }(fanfareOrigins));
            </script>
            </head>
            <body></body>
            </html>
            """;

    private final Origins origins;
    private final Answer page;
    private final Answer rule;

    /** What is served, in the way that its receiver is to keep it. */
    private record Answer(String type, Buffer content, String caching, String etag) {
        static Answer of(String type, String content, String caching) {
            CRC32 crc = new CRC32();
            Buffer bytes = Buffer.buffer(content);
            crc.update(bytes.getBytes());
            return new Answer(type, bytes, caching, "\"" + HexFormat.of().toHexDigits(crc.getValue()) + "\"");
        }

        void serve(RoutingContext context) {
            context.response().putHeader("Cache-Control", caching);
            EntityTag.answer(context, etag, type, content);
        }
    }

    IframePage(Origins origins) {
        this.origins = origins;
        this.page = Answer.of("text/html; charset=UTF-8", PAGE, "public, max-age=" + YEAR_S);
        String allowed = new JsonArray(origins.patterns()).encode();
        // Asked for each time, since the page may be a year old and the rule may not.
        this.rule = Answer.of(
                "text/javascript; charset=UTF-8", "var fanfareOrigins = " + allowed + ";\n", "public, no-cache");
    }

    void serve(RoutingContext context) {
        if (!origins.check(context.request()).allowed()) {
            throw Problem.ORIGIN_REFUSED.because("this page may not connect here");
        }
        page.serve(context);
    }

    /** Which pages the iframe page may stand in, for its script. */
    void serveRule(RoutingContext context) {
        rule.serve(context);
    }
}
