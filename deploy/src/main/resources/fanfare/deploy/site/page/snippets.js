/** A publication as its HTTP body, and as the lines a backend would send it with. */

/** The key that the launcher gives the demo; it works on loopback only. */
const KEY = 'dev.secret';

/** The body of `POST /v1/publish`. The data goes in as it was typed: numerals and all arrive as they are. */
export function publication(form) {
    const {audience, users, namespace, event, data} = form.elements;
    const ids = users.value.split(',').map((user) => user.trim()).filter(Boolean);
    const several = ids.length > 1 ? {users: ids} : {user: ids[0] ?? ''};
    const to = audience.value === 'everyone' ? {broadcast: true} : several;
    const head = JSON.stringify({to, namespace: namespace.value, event: event.value, receipt: true});
    return `${head.slice(0, -1)},"data":${data.value.trim() || 'null'}}`;
}

export function curl(url, body) {
    return [
        `curl -X POST ${url} \\`,
        `  -H 'Authorization: Bearer ${KEY}' \\`,
        `  -H 'Content-Type: application/json' \\`,
        `  -d '${body.replaceAll("'", String.raw`'\''`)}'`,
    ].join('\n');
}

export function php(url, body) {
    return [
        `<?php`,
        `$body = '${body.replace(/[\\']/g, String.raw`\$&`)}';`,
        `echo file_get_contents('${url}', false, stream_context_create(['http' => [`,
        `    'method' => 'POST', 'ignore_errors' => true, 'content' => $body,`,
        `    'header' => "Authorization: Bearer ${KEY}\\r\\nContent-Type: application/json",`,
        `]]));`,
    ].join('\n');
}
