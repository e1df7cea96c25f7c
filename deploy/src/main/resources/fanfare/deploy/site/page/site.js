/** The desk: what is published and to whom, who is online, the same publication as code; and the two users' browsers. */

import {Receipt} from './receipt.js';
import {curl, php, publication} from './snippets.js';

const PRESENCE_INTERVAL = 5_000;
const USERS_SHOWN = 10;
/** The gateways tell Redis of a first or last connection at once, but not in no time [ms]. */
const PRESENCE_SETTLES = 400;
/** Under this name two sub-domains are one site, so each iframe keeps a login of its own in any browser. */
const TWO_NAMES = 'demo.localhost';

const element = (id) => document.getElementById(id);
const form = element('publish');
const receipt = new Receipt(element('receipt'));
/** Pane's window -> its user, as the pane last said. */
const users = new Map();
let presenceTimer = 0;

const {gateway, publisher} = await (await fetch('/api/session')).json();
element('ports').textContent = `site :${location.port}  gateways :${gateway}  publisher :${publisher}`;
openPane('pane-a', 'a');
openPane('pane-b', 'b');
describe();
watchPresence();

addEventListener('message', ({source, data}) => {
    if (![element('pane-a'), element('pane-b')].some((pane) => pane.contentWindow === source)) return;
    users.set(source, data.user);
    element('picks').replaceChildren(...paneUsers().map(pick));
    watchPresence(PRESENCE_SETTLES);
});

form.addEventListener('input', describe);
form.addEventListener('change', () => watchPresence());
form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    receipt.follow(null);
    const answer = await fetch('/publish', {
        method: 'POST',
        headers: {'Content-Type': 'application/json'},
        body: publication(form),
    }).catch((error) => error);
    if (answer instanceof Error) return say(`The site does not answer: ${answer.message}`, 'bad');
    const body = await answer.json().catch(() => ({title: `Status ${answer.status}`}));
    if (answer.ok) {
        say(outcome(body));
        receipt.follow(body.id);
    } else say([body.title, body.field, body.detail].filter(Boolean).join(' · '), 'bad');
});

document.querySelectorAll('[name=language]').forEach((choice) => choice.addEventListener('change', describe));
element('copy').addEventListener('click', async () => {
    await navigator.clipboard.writeText(element('code').textContent);
    element('copy').textContent = 'Copied';
    setTimeout(() => { element('copy').textContent = 'Copy'; }, 1_500);
});
document.addEventListener('visibilitychange', () => watchPresence());

/**
 * Two users need two cookie jars. The first pane has the page's own; the second is a credentialless iframe, which starts with
 * an empty one. Browsers without those get sub-domains of one site, on a page that is itself below such a name.
 */
function openPane(id, label) {
    const pane = element(id);
    const underTwoNames = location.hostname.endsWith(`.localhost`);
    const host = underTwoNames ? `${label}.${location.host}` : location.host;
    if (id === 'pane-b' && !underTwoNames) {
        if (!('credentialless' in pane)) {
            element('two-names').href = element('two-names').textContent = `http://${TWO_NAMES}:${location.port}/`;
            element('no-pane').hidden = false;
            pane.remove();
            return;
        }
        pane.credentialless = true;
    }
    const query = new URLSearchParams(location.search);
    query.set('user', pane.name);
    pane.src = `http://${host}/pane.html?${query}`;
}

function paneUsers() {
    return [...new Set([...users.values()].filter((user) => user !== null))];
}

function recipients() {
    return element('users').value.split(',').map((user) => user.trim()).filter(Boolean);
}

/** A button that adds a pane's user to the recipients, or takes it out. */
function pick(user) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = user;
    button.ariaPressed = recipients().includes(user);
    button.addEventListener('click', () => {
        const others = recipients().filter((other) => other !== user);
        element('users').value = (others.length < recipients().length ? others : [...others, user]).join(', ');
        form.dispatchEvent(new Event('input'));
        watchPresence();
    });
    return button;
}

/** Brings what is derived from the form up to date. */
function describe() {
    const everyone = form.elements.audience.value === 'everyone';
    element('recipients').hidden = everyone;
    element('users').disabled = everyone;
    element('users').required = !everyone;
    for (const button of element('picks').children) button.ariaPressed = recipients().includes(button.textContent);
    let mistake = '';
    try {
        JSON.parse(element('data').value);
    } catch (error) {
        mistake = error.message;
    }
    element('data').setCustomValidity(mistake);
    element('data').ariaInvalid = mistake !== '';
    const write = document.querySelector('[name=language]:checked').value === 'php' ? php : curl;
    element('code').textContent = write(`http://127.0.0.1:${publisher}/v1/publish`, publication(form));
}

function outcome({results, routed, duplicate, user, position, title, detail}) {
    if (results) return results.map(outcome).join('\n');
    const whom = user ? `${user}: ` : '';
    if (!position) return `${whom}${title} · ${detail ?? ''}`;
    const heard = routed === 1 ? '1 gateway listens' : `${routed} gateways listen`;
    return `${whom}stored at ${position}${duplicate ? ' before' : ''}, ${heard}`;
}

function say(text, mood = '') {
    element('result').className = `result ${mood}`;
    element('result').textContent = text;
}

/** Asks now, or in that many ms, and from then on again while somebody looks. */
function watchPresence(delay = 0) {
    clearTimeout(presenceTimer);
    if (document.hidden) return;
    presenceTimer = setTimeout(async () => {
        const shown = [...new Set([...paneUsers(), ...recipients()])].sort().slice(0, USERS_SHOWN);
        const lines = await Promise.all(shown.map(async (user) => presenceLine(user, await presenceOf(user))));
        element('presence').replaceChildren(...lines);
        watchPresence(PRESENCE_INTERVAL);
    }, delay);
}

async function presenceOf(user) {
    try {
        const answer = await fetch(`/api/presence?${new URLSearchParams({user})}`);
        return answer.ok ? await answer.json() : null;
    } catch {
        return null;
    }
}

function presenceLine(user, presence) {
    const line = document.createElement('li');
    line.dataset.user = user;
    line.dataset.online = presence?.online ?? 'unknown';
    const name = document.createElement('strong');
    name.textContent = user;
    const details = document.createElement('span');
    details.textContent = presenceText(presence);
    line.append(name, details);
    return line;
}

function presenceText(presence) {
    if (presence === null) return 'unknown';
    const {online, connections, nodes, lastSeen} = presence;
    if (!online) return lastSeen === null ? 'never seen' : `offline, seen ${new Date(lastSeen).toLocaleTimeString()}`;
    if (connections === 0) return 'online, about to leave';
    return `online, ${count(connections, 'connection')} on ${count(nodes, 'gateway')}`;
}

function count(number, noun) {
    return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
