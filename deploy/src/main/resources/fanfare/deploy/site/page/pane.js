/** One user's browser: logs in at the site, connects with the cookie it got, shows what arrives. */

const ENTRIES_KEPT = 200;
const SIGNED_OUT = 'signed out';
/** Not logged in, session ended: a login is what brings this user back. */
const SESSION_OVER = new Set([4101, 4102]);

const element = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const desk = new URL(document.referrer || location.href).origin;
const clock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});

let user = null;
const session = await (await fetch('/api/session')).json();
const gateway = `http://${location.hostname}:${session.gateway}`;
const {Fanfare} = await import(`${gateway}/client/fanfare.js`);

const fanfare = new Fanfare(`${gateway}/push`, {transports: parameters.get('transports')?.split(',')}).disconnect();
fanfare.on('*', (data, message) => add(received(message)));
fanfare.on('gap', ({channel}) => add(note(`something was missed${channel ? ` on ${channel}` : ''}`, 'warn')));
fanfare.on('error', ({code, message}) => add(note(`${code} ${message}`, 'warn')));
fanfare.on('state', (now) => {
    show(now);
    if (now.state === 'reconnecting') add(note(`lost (${now.code} ${now.reason}), back in ${now.delay} ms`, 'warn'));
    if (now.state === 'closed' && now.code !== 1000) add(note(`closed: ${now.code} ${now.reason}`, 'warn'));
    if (SESSION_OVER.has(now.code)) become(null);
    if (now.state === 'open') add(note(`open on ${now.node} over ${now.transport}`));
});

element('login').addEventListener('submit', (event) => {
    event.preventDefault();
    login(element('name').value);
});
element('logout').addEventListener('submit', async (event) => {
    event.preventDefault();
    sessionStorage.setItem(SIGNED_OUT, 'yes');
    // The site ends the session, and with it the connection: nothing to close from here.
    await post('/logout', '');
    become(null);
});

if (session.user) {
    become(session.user);
    fanfare.connect();
} else if (!sessionStorage.getItem(SIGNED_OUT) && parameters.has('user')) {
    await login(parameters.get('user'));
} else {
    become(null);
}

async function login(name) {
    const answer = await post('/login', new URLSearchParams({user: name}));
    if (!answer.ok) return add(note((await answer.json()).detail, 'warn'));
    sessionStorage.removeItem(SIGNED_OUT);
    become((await answer.json()).user);
    fanfare.disconnect().connect();
}

function post(path, body) {
    return fetch(path, {method: 'POST', headers: {Accept: 'application/json'}, body});
}

function become(name) {
    user = name;
    element('user').textContent = user ?? 'Nobody';
    element('initial').textContent = user?.[0].toUpperCase() ?? '';
    element('login').hidden = user !== null;
    element('logout').hidden = user === null;
    element('name').value ||= parameters.get('user') ?? '';
    show(fanfare.state);
}

function show({state, code, reason, transport, node, connection}) {
    document.body.dataset.state = state;
    element('state').textContent = state === 'closed' && code > 1000 ? `closed ${code}` : state;
    element('state').title = reason ?? '';
    element('transport').textContent = transport ?? '–';
    element('node').textContent = node ?? '–';
    element('connection').textContent = connection?.slice(0, 8) ?? '–';
    element('connection').title = connection ?? '';
    parent.postMessage({user, state}, desk);
}

function add(entry) {
    element('log').prepend(entry);
    if (element('log').childElementCount > ENTRIES_KEPT) element('log').lastElementChild.remove();
}

function received({channel, namespace, event, data, time, id}) {
    const entry = line('message', time);
    entry.title = id;
    entry.append(
        tag('span', 'channel', channel === 'user' ? 'private' : channel),
        tag('strong', 'event', event),
        tag('span', 'namespace', namespace),
        tag('pre', 'data', JSON.stringify(data) ?? ''));
    entry.dataset.channel = channel;
    return entry;
}

function note(text, mood = '') {
    const entry = line(`note ${mood}`, Date.now());
    entry.append(tag('span', '', text));
    return entry;
}

function line(name, time) {
    const entry = tag('li', name, '');
    const at = tag('time', '', clock.format(time));
    at.dateTime = new Date(time).toISOString();
    entry.append(at);
    return entry;
}

function tag(name, className, text) {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
}
