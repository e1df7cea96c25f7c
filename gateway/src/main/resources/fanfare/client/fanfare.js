/**
 * Fanfare in the browser: hears what the site publishes, comes back by itself and says how the connection fares.
 *
 *     import Fanfare from 'http://push.example.com/client/fanfare.js';
 *     const fanfare = new Fanfare('http://push.example.com/push');
 *     fanfare.on('invoice-paid', (data, message) => { ... });          // in any namespace
 *     fanfare.of('/billing').on('invoice-paid', data => { ... });      // in this one
 *     fanfare.on('state', ({state, reason}) => { ... });
 *
 * It speaks over sockjs-client, taken from the page when `SockJS` is there, else fetched from the gateway. Who the user is
 * rests with the site's cookies alone. The same file is served as a classic script, `fanfare.global.js`.
 *
 * A WebSocket is tried first. On a network that refuses it the next kind of transport, streaming and then polling, is tried
 * at once; on one that accepts and swallows it, after a head start of 1.5 s, and a WebSocket that opens yet still wins. What
 * worked is where the tab's next dial begins for some 5 to 10 minutes. Then, and as soon as the browser comes `online`, a
 * WebSocket is tried again, while the connection that works goes on being heard until it is replaced.
 */

const PROTOCOL = 1;
/** The upper end of the first random delay, and of every later one [ms]: full jitter, so that a crowd comes back as a slope. */
const BACKOFF_FIRST = 1_000;
const BACKOFF_MAX = 30_000;
/** A connection that held this long [ms] was a good one: the next loss starts again from the first delay. */
const STABLE_AFTER = 10_000;
/**
 * sockjs-client's names of all its transports by kind, the best first. It is given one kind at a time: a network that holds
 * back one stream holds back all, and by itself it would reach the polls after a time-out for each of the streams.
 */
const KINDS = [
    ['websocket'],
    ['xhr-streaming', 'xdr-streaming', 'eventsource', 'iframe-eventsource', 'htmlfile', 'iframe-htmlfile'],
    ['xhr-polling', 'xdr-polling', 'iframe-xhr-polling', 'jsonp-polling'],
];
const WEBSOCKET = 0;
/**
 * How long a kind of transport is waited for before the next one joins in [ms], so that half of 3 s is left for that one;
 * twice what the gateway took to answer at all if that is more, lest a busy gateway is dialled twice by everybody.
 */
const HEAD_START = 1_500;
/** What sockjs-client grants a transport at least [ms], joined by another or not; its own guess gives up on a busy gateway. */
const TRANSPORT_TIMEOUT = 5_000;
/** For how long what works is preferred to what failed [ms]; up to twice that, so that a crowd comes back as a slope. */
const DETOUR = 300_000;
/** The gateway breaks its silence after some 25 s; twice that [ms] is reason to ask whether it is still there. */
const SILENCE_MAX = 60_000;
const SILENCE_CHECK_INTERVAL = 15_000;
const PONG_TIMEOUT = 5_000;
/** For how long sockjs-client's script is waited for before it is asked for anew [ms]. */
const LOAD_TIMEOUT = 10_000;
/** A gateway that has let somebody in without a hello gets one that is on its way within this [ms]. */
const HELLO_TIMEOUT = 10_000;
/** How many events are remembered: one may come again after a resume, never to a handler. */
const EVENTS_KEPT = 1_000;
/** How many of them the next page is told: enough for what a resume repeats, little enough to write each second. */
const EVENTS_SAVED = 100;
/** For how long an id is one event of its channel, as for the publisher; later it is another one's [ms]. */
const ID_LIFETIME = 120_000;
const SAVE_INTERVAL = 1_000;
/** The gateway refuses larger messages for good; a hello that would not fit goes without its positions. */
const MESSAGE_BYTES_MAX = 4_096;
/** What the site wants a receipt for is acknowledged together [ms]; the gateway takes 20 messages a second, pings among them. */
const ACK_INTERVAL = 100;
/** So many ids the gateway takes in one message. */
const ACK_IDS_MAX = 200;
/** Acknowledgements that wait to be sent; of more the oldest are given up. */
const ACKS_MAX = 1_000;
/** What {@link Fanfare#on} takes for news of the connection; events so named are heard with {@link Fanfare#of}. */
const NOTIFICATIONS = new Set(['state', 'gap', 'error']);

/** How the id of a session begins that goes on where another one ended: a busy gateway lets it in before newcomers. */
const RESUMING = 'resume-';

/** Come back or stay away: a close code in this range holds until the page does something, such as a login. */
const isFinal = (code) => code >= 4100 && code <= 4199;
/** The only close of the range that may mean another connection of this very client. */
const TOO_MANY_CONNECTIONS = 4106;
/** sockjs-client's own: the transports failed; or the gateway has answered and offers none of them. */
const ALL_TRANSPORTS_FAILED = 2000;

/** Origin -> promise of its sockjs-client, so that the script is fetched once however many connect. */
const scripts = new Map();
let scriptsFailed = 0;

function loadSockJS(origin) {
    if (globalThis.SockJS) return Promise.resolve(globalThis.SockJS);
    if (!scripts.has(origin)) {
        // A browser would wait for the same answer once more if it were asked for the same address.
        const url = `${origin}/client/sockjs.min.js${scriptsFailed ? `?again=${scriptsFailed}` : ''}`;
        // It hands itself to an AMD loader where there is one, which wants to have asked for it.
        const loading = globalThis.define?.amd && globalThis.require ? requireScript(url) : includeScript(url);
        scripts.set(origin, loading.catch(() => {
            scripts.delete(origin); // The next attempt asks again.
            scriptsFailed++;
            throw new Error('sockjs-client could not be loaded');
        }));
    }
    return scripts.get(origin);
}

function requireScript(url) {
    return new Promise((resolve, reject) => globalThis.require([url], resolve, (error) => {
        globalThis.require.undef?.(url); // Or it would not ask again.
        reject(error);
    }));
}

function includeScript(url) {
    return new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.crossOrigin = 'anonymous'; // A page that is cross-origin isolated takes no other.
        script.src = url;
        const refuse = () => {
            clearTimeout(timer);
            script.remove();
            reject();
        };
        // A browser waits for minutes in a network that has gone.
        const timer = setTimeout(refuse, LOAD_TIMEOUT);
        script.onload = () => {
            if (!globalThis.SockJS) return refuse();
            clearTimeout(timer);
            resolve(globalThis.SockJS);
        };
        script.onerror = refuse;
        document.head.append(script);
    });
}

/**
 * Where in its tab a page is, as places of frames among their siblings; nothing for the tab's own page. The frames of a site
 * have one sessionStorage, and each is at a place of its own.
 */
function framePath() {
    let path = '';
    for (let at = window; at !== at.parent; at = at.parent) {
        let place = 0;
        // One within a shadow tree is not among them.
        while (place < at.parent.length && at.parent[place] !== at) place++;
        path = ` ${place}${path}`;
    }
    return path;
}

/** One SockJS connection, from dialling to its end; it reports its end once, unless it was closed from this side. */
class Link {
    /** Whether its hello asked to resume; then nothing counts before the welcome that answers this. */
    asked = false;
    welcomedAt = Infinity;
    /** Whether the gateway has answered, so that what fails now is the transport. */
    tried = false;
    /** Which of the {@link KINDS}. */
    kind;
    #sock = null;
    #watcher;
    #ended = false;
    #heardAt = Date.now();
    /** The answer that is waited for, and what it is told to. */
    #ping = null;
    #pong;
    /** Ids of events that the page has had and the gateway is to be told of, and the timer that does it. */
    #acks = [];
    #ackTimer = 0;

    /**
     * @param resumes whether it goes on where another one ended
     * @param watcher {trying(link, took), opened(link), message(link, text), closed(link, code, reason)}
     */
    constructor(url, kind, transports, resumes, watcher) {
        this.kind = kind;
        this.#watcher = watcher;
        loadSockJS(url.origin)
            .then((SockJS) => this.#ended || this.#open(SockJS, url.href, transports, resumes))
            .catch((error) => this.fail(error.message));
    }

    get transport() {
        return this.#sock?.transport ?? null;
    }

    #open(SockJS, href, transports, resumes) {
        const askedAt = Date.now();
        // It asks for an id for each transport that it begins to try: the only sign that the gateway has answered.
        const sessionId = () => {
            if (!this.tried) {
                this.tried = true;
                this.#watcher.trying(this, Date.now() - askedAt);
            }
            return (resumes ? RESUMING : '') + crypto.getRandomValues(new Uint32Array(2)).join('');
        };
        const sock = this.#sock = new SockJS(href, null, {transports, timeout: TRANSPORT_TIMEOUT, sessionId});
        sock.onopen = () => this.#watcher.opened(this);
        sock.onmessage = ({data}) => {
            this.#heardAt = Date.now();
            this.#watcher.message(this, data);
        };
        sock.onheartbeat = () => this.#heardAt = Date.now();
        sock.onclose = ({code, reason}) => this.#end(code, reason);
    }

    send(message) {
        if (this.#sock?.readyState === 1) this.#sock.send(JSON.stringify(message));
    }

    /**
     * Resolves with the round trip in ms, rejects when the answer does not come in time. One is on its way at a time: what a
     * network holds back arrives at once, and the gateway puts out who says too much.
     */
    ping() {
        return this.#ping ??= new Promise((resolve, reject) => {
            const sentAt = performance.now();
            const timer = setTimeout(() => reject(new Error('no pong')), PONG_TIMEOUT);
            this.#pong = () => {
                clearTimeout(timer);
                resolve(performance.now() - sentAt);
            };
            this.send({type: 'ping'});
        }).finally(() => this.#ping = null);
    }

    pong() {
        this.#pong?.();
    }

    /** Tells the gateway, soon, that the page has had an event that came over this link. */
    acknowledge(id) {
        this.#acks.push(id);
        if (this.#acks.length > ACKS_MAX) this.#acks.shift();
        this.#ackTimer ||= setTimeout(() => this.flushAcks(), ACK_INTERVAL);
    }

    /** Tells it now of as many as go into one message. */
    flushAcks() {
        clearTimeout(this.#ackTimer);
        this.#ackTimer = 0;
        if (!this.#acks.length || this.#ended) return;
        let bytes = JSON.stringify({type: 'ack', ids: []}).length;
        // Ids are ASCII, so a character is a byte.
        const tooMuch = this.#acks.findIndex((id) => (bytes += JSON.stringify(id).length + 1) > MESSAGE_BYTES_MAX);
        this.send({type: 'ack', ids: this.#acks.splice(0, Math.min(tooMuch < 0 ? Infinity : tooMuch, ACK_IDS_MAX))});
        if (this.#acks.length) this.#ackTimer = setTimeout(() => this.flushAcks(), ACK_INTERVAL);
    }

    /** Ends the link unless the other side shows a sign of life; `silence` spares one that was heard within that time [ms]. */
    probe(silence = 0) {
        // A clock that was set back tells nothing of the silence.
        if (Math.abs(Date.now() - this.#heardAt) >= silence) this.ping().catch((error) => this.fail(error.message));
    }

    fail(reason) {
        const sock = this.#sock;
        this.#end(1006, reason);
        sock?.close();
    }

    /** Closes without a report. */
    close() {
        this.flushAcks();
        this.#ended = true;
        this.#sock?.close();
    }

    #end(code, reason) {
        if (this.#ended) return;
        this.#ended = true;
        clearTimeout(this.#ackTimer);
        this.#watcher.closed(this, code, reason);
    }
}

/**
 * One attempt to connect: the kinds of transport from the best one on, of which the next joins in when one has failed or
 * its head start is over. None is given up for being late: a slow network takes its time with WebSockets too.
 */
class Race {
    /** Who is in it, in the order of their kinds; a link leaves when it is welcome or has ended. */
    links = new Set();
    #join;
    /** The kind that joins in next, and the one before which this ends. */
    #next;
    #end;
    #timer = 0;

    /** @param join makes a link of a kind, or null if there is none of that kind */
    constructor(join, first, end) {
        this.#join = join;
        this.#next = first;
        this.#end = end;
        this.#more();
    }

    get over() {
        return this.links.size === 0;
    }

    /** Whether it is only for something better than what is heard meanwhile. */
    get climbs() {
        return this.#end < KINDS.length;
    }

    #more() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        while (this.#next < this.#end) {
            const link = this.#join(this.#next++);
            if (link) return this.links.add(link);
        }
        return null;
    }

    trying(link, took) {
        this.#timer = setTimeout(() => this.#late(link), Math.max(HEAD_START, 2 * took));
    }

    #late(link) {
        // A stream that comes late is held up by something that will hold up each message.
        if (!this.#more() && this.climbs && link.kind !== WEBSOCKET) link.fail('too late');
    }

    /** It works, so the worse ones are needless. */
    opened(link) {
        clearTimeout(this.#timer);
        this.#next = link.kind + 1;
        this.#leave((other) => other.kind > link.kind);
    }

    /** Goes on only for a WebSocket that may open yet. */
    welcomed(link) {
        this.links.delete(link);
        this.#end = link.kind;
        this.#leave((other) => other.kind !== WEBSOCKET);
    }

    lost(link, code) {
        const last = [...this.links].pop() === link;
        this.links.delete(link);
        // A code of the gateway's own came through, and what could not even reach it says nothing about the transport.
        if (last && (link.tried || code === ALL_TRANSPORTS_FAILED) && code < 3000) this.#more();
        else if (last) clearTimeout(this.#timer);
    }

    close() {
        clearTimeout(this.#timer);
        this.#leave(() => true);
    }

    #leave(whom) {
        for (const link of [...this.links].filter(whom)) {
            this.links.delete(link);
            link.close();
        }
    }
}

/**
 * The kind of transport that works on this tab's network in place of the best one, and until when this is believed. Like the
 * bookmark it outlives the page in sessionStorage, so that the next one need not wait for what fails here.
 */
class Detour {
    #kind = 0;
    /** [ms since 1970] */
    #until = 0;
    #key;

    /** @param key where to keep it; null for this page only */
    constructor(key) {
        this.#key = key;
        try {
            const {kind, until} = JSON.parse(key && sessionStorage.getItem(key)) ?? {};
            // A clock that was set back does not make it last.
            if (KINDS[kind] && until < Date.now() + 2 * DETOUR) {
                this.#kind = kind;
                this.#until = until;
            }
        } catch {
            // Storage is switched off, or holds what is not ours: as on an unknown network.
        }
    }

    /** Where a dial begins. */
    get kind() {
        return Date.now() < this.#until ? this.#kind : 0;
    }

    /** Believes in this kind until what was believed before would have ended anyway; answers how long that is [ms]. */
    take(kind) {
        const now = Date.now();
        if (now >= this.#until) this.#until = now + DETOUR * (1 + Math.random());
        this.#kind = kind;
        this.#store((key) => sessionStorage.setItem(key, JSON.stringify({kind, until: this.#until})));
        return this.#until - now;
    }

    forget() {
        if (!this.#until) return;
        this.#until = 0;
        this.#store((key) => sessionStorage.removeItem(key));
    }

    #store(how) {
        try {
            if (this.#key !== null) how(this.#key);
        } catch {
            // Full or switched off: the next page finds out anew.
        }
    }
}

/**
 * What it takes to go on where this tab left off: the gateway's token, by channel the last position seen since, and the
 * newest events, which may come again. It outlives the page in sessionStorage. Another user's token is worthless but
 * harmless: the gateway checks.
 */
class Bookmark {
    /** Whose it is; null is an anonymous user, undefined nobody yet. */
    user;
    resume = null;
    #positions = {};
    /** Channel and id of the newest events, the last one last -> when the publisher accepted it [ms since 1970]. */
    #events = new Map();
    #key;
    #timer = 0;

    /** @param key where to keep it; null for this page only */
    constructor(key) {
        this.#key = key;
        try {
            const kept = JSON.parse(key && sessionStorage.getItem(key)) ?? {};
            const {user, resume = null, positions = {}, events = []} = kept;
            this.#events = new Map(events);
            this.#positions = positions;
            Object.assign(this, {user, resume});
        } catch {
            // Storage is switched off, or holds what is not ours: a fresh start.
        }
    }

    /** A new token stands for all that came before it, so positions of older events must not override it. */
    renew(user, resume) {
        // An id of another user's channel is another publication.
        if (user !== this.user) {
            [...this.#events.keys()]
                .filter((name) => name.startsWith('user '))
                .forEach((name) => this.#events.delete(name));
        }
        this.user = user;
        this.resume = resume ?? null;
        this.#positions = {};
        this.#save();
    }

    /** Takes note of an event; false if this page or an earlier one of the tab has had it. */
    isNew({channel, position, id, time}) {
        const name = `${channel} ${id}`;
        const known = Math.abs(time - this.#events.get(name)) < ID_LIFETIME;
        this.#positions[channel] = position;
        if (!known) {
            this.#events.delete(name); // So that it becomes the last one.
            this.#events.set(name, time);
            if (this.#events.size > EVENTS_KEPT) this.#events.delete(this.#events.keys().next().value);
        }
        this.#save();
        return !known;
    }

    addTo(hello) {
        if (!this.resume) return hello;
        const full = {...hello, resume: this.resume, positions: this.#positions};
        const fits = new TextEncoder().encode(JSON.stringify(full)).length <= MESSAGE_BYTES_MAX;
        return fits ? full : {...hello, resume: this.resume}; // Repeats are then dropped by id.
    }

    #save() {
        if (this.#key !== null) this.#timer ||= setTimeout(() => this.flush(), SAVE_INTERVAL);
    }

    flush() {
        if (!this.#timer) return;
        clearTimeout(this.#timer);
        this.#timer = 0;
        try {
            const {user, resume} = this;
            const events = [...this.#events].slice(-EVENTS_SAVED);
            sessionStorage.setItem(this.#key, JSON.stringify({user, resume, positions: this.#positions, events}));
        } catch {
            this.#forget();
        }
    }

    /** Full or switched off: the next page starts afresh, rather than where an older one was. */
    #forget() {
        try {
            sessionStorage.removeItem(this.#key);
        } catch {
            // There is nothing.
        }
    }
}

class Fanfare {
    /** The last state told to handlers. */
    state = Object.freeze({state: 'connecting'});
    #url;
    #namespaces;
    /** The {@link KINDS} that the page allows; one may be empty. */
    #kinds;
    #bookmark;
    #detour;
    /** `namespace,event` -> handlers; no namespace before the comma (which none may contain) is any namespace. */
    #handlers = new Map();
    /** The link that is heard, and those one of which is to take its place; a planned move has both. */
    #link = null;
    #race = null;
    /** The pending attempt: its timer and when it is due. */
    #timer = 0;
    #due = 0;
    #attempt = 0;
    /** Whether the last dial came to nothing, so that before the next one the gateway is asked whether it takes anybody. */
    #failed = false;
    /** When a better kind of transport than the one in use is tried again. */
    #climbTimer = 0;
    /** From connect to the end: ends the listeners and the check for silence. Null while closed. */
    #life = null;

    /** Connects at once; handlers added in the same turn miss nothing. */
    constructor(url, {namespaces, transports, storage = true} = {}) {
        this.#url = new URL(url, document.baseURI);
        this.#namespaces = namespaces;
        const allowed = [transports ?? []].flat();
        this.#kinds = KINDS.map((names) => names.filter((name) => !allowed.length || allowed.includes(name)));
        if (!this.#kinds.flat().length) throw new TypeError(`no such transports: ${allowed}`);
        // Clients of a tab that hear different things, or in different frames, are at different places.
        this.#bookmark = new Bookmark(storage ? `fanfare ${this.#url} ${namespaces ?? '*'}${framePath()}` : null);
        this.#detour = new Detour(storage ? `fanfare-detour ${this.#url} ${allowed}` : null);
        queueMicrotask(() => this.state.state === 'connecting' && this.connect());
    }

    /** Hears an event in any namespace (`*`: every event), or a notification: `state`, `gap`, `error`. */
    on(event, handler) {
        return this.#add('', event, handler);
    }

    /** Without a handler: all handlers of that event. */
    off(event, handler) {
        return this.#remove('', event, handler);
    }

    /** The same for the events of one namespace. */
    of(namespace) {
        const scope = {
            on: (event, handler) => (this.#add(namespace, event, handler), scope),
            off: (event, handler) => (this.#remove(namespace, event, handler), scope),
        };
        return scope;
    }

    /** After a `disconnect` or a final close; while waiting for the next attempt it makes that attempt now. */
    connect() {
        if (!this.#life) {
            this.#life = new AbortController();
            this.#attempt = 0;
            this.#watchPage(this.#life.signal);
            this.#become('connecting', {});
        }
        if (this.#life && !this.#link) this.#dial(); // A handler may have disconnected.
        return this;
    }

    disconnect() {
        this.#stop({code: 1000, reason: 'disconnect'});
        return this;
    }

    /** Resolves with the round trip to the gateway in ms. */
    ping() {
        return this.#link ? this.#link.ping() : Promise.reject(new Error('not connected'));
    }

    #add(namespace, event, handler) {
        const key = `${namespace},${event}`;
        if (!this.#handlers.has(key)) this.#handlers.set(key, new Set());
        this.#handlers.get(key).add(handler);
        return this;
    }

    #remove(namespace, event, handler) {
        const key = `${namespace},${event}`;
        const handlers = this.#handlers.get(key);
        if (handler) handlers?.delete(handler);
        if (!handler || handlers?.size === 0) this.#handlers.delete(key);
        return this;
    }

    #emit(key, ...args) {
        for (const handler of [...this.#handlers.get(key) ?? []]) {
            try {
                handler(...args);
            } catch (error) {
                setTimeout(() => { throw error; }); // The page's console hears of it, the other handlers do not.
            }
        }
    }

    #become(state, details) {
        this.state = Object.freeze({state, ...details});
        this.#emit(',state', this.state);
    }

    /** A page that comes back to life cannot trust its timers: it asks at once. */
    #watchPage(signal) {
        const wake = () => {
            if (document.visibilityState === 'hidden') return;
            this.#link?.probe();
            if (!this.#link && this.#timer) this.#dial();
        };
        addEventListener('online', () => {
            this.#detour.forget(); // It may be another network.
            const hangs = this.#race && !this.#link;
            if (hangs || this.#race?.climbs) this.#endRace();
            if (hangs) this.#dial();
            this.#climb();
            wake();
        }, {signal});
        document.addEventListener('visibilitychange', wake, {signal});
        addEventListener('pagehide', () => {
            this.#bookmark.flush();
            this.#link?.flushAcks();
        }, {signal});
        const check = setInterval(() => {
            this.#link?.probe(SILENCE_MAX);
            this.#race?.links.forEach((link) => link.probe(SILENCE_MAX));
        }, SILENCE_CHECK_INTERVAL);
        signal.addEventListener('abort', () => clearInterval(check));
    }

    #dial() {
        clearTimeout(this.#timer);
        this.#timer = 0;
        this.#failed = false;
        if (this.#race?.climbs) this.#endRace();
        this.#race ??= this.#start(this.#detour.kind, KINDS.length);
    }

    /** Dials, unless the gateway says when it takes somebody again, which sockjs-client would keep to itself. */
    async #dialIfTaken() {
        const timer = this.#timer;
        let wait = 0;
        try {
            const signal = AbortSignal.timeout(TRANSPORT_TIMEOUT);
            // Those who go on where they were are let in before others.
            const query = this.#bookmark.resume === null ? '?newcomer' : '';
            const url = `${this.#url.href.replace(/\/$/, '')}/info${query}`;
            const answer = await fetch(url, {cache: 'no-store', signal});
            // What stands before the gateway may say hours.
            if (!answer.ok) wait = Math.min(Number(answer.headers.get('Retry-After')) * 1_000 || 0, BACKOFF_MAX);
        } catch {
            // The dial finds out more.
        }
        if (timer !== this.#timer) return; // It has dialled meanwhile, or ended.
        if (!wait) return this.#dial();
        // All that were told the same second spread over the next one.
        this.#schedule(wait + Math.random() * 1_000);
        const {code, reason} = this.state;
        this.#become('reconnecting', {code, reason, delay: Math.round(this.#due - Date.now())});
    }

    /** Tries to replace the link that is heard by one of a better kind. */
    #climb() {
        if (this.#link && !this.#race) this.#race = this.#start(0, this.#link.kind);
    }

    #start(first, end) {
        const watcher = {
            trying: (link, took) => this.#race.trying(link, took),
            opened: (link) => {
                this.#race.opened(link);
                const hello = {type: 'hello', protocol: PROTOCOL, namespaces: this.#namespaces};
                link.asked = this.#bookmark.resume !== null;
                link.send(this.#bookmark.addTo(hello));
            },
            message: (link, text) => this.#hear(link, text),
            closed: (link, code, reason) => this.#lost(link, code, reason),
        };
        const resumes = this.#bookmark.resume !== null;
        const join = (kind) => {
            const names = this.#kinds[kind];
            return names.length ? new Link(this.#url, kind, names, resumes, watcher) : null;
        };
        const race = new Race(join, first, end);
        return race.over ? null : race;
    }

    #endRace() {
        this.#race?.close();
        this.#race = null;
    }

    #hear(link, text) {
        let message;
        try {
            message = JSON.parse(text);
        } catch {
            return;
        }
        const heard = link === this.#link;
        switch (message?.type) {
            case 'welcome': return this.#welcome(link, message);
            case 'event': return heard && this.#deliver(message);
            case 'resume': return heard && this.#bookmark.renew(this.#bookmark.user, message.resume);
            case 'gap': return heard && this.#emit(',gap', {channel: message.channel});
            case 'reconnect': return heard && this.#schedule(Number(message.delay) || 0);
            case 'error': return this.#emit(',error', {code: message.code, message: message.message});
            case 'pong': return link.pong();
        }
    }

    #welcome(link, {user, node, connection, recovered, resume}) {
        // The hello was late: what comes before the welcome that answers it will come again.
        if (link.asked && recovered === null) {
            // Where it has been lost, nothing else comes.
            setTimeout(() => link.welcomedAt === Infinity && link.fail('the hello was lost'), HELLO_TIMEOUT);
            return;
        }
        if (link !== this.#link) {
            clearTimeout(this.#timer);
            this.#timer = 0;
            this.#link?.close();
            this.#link = link;
            this.#race.welcomed(link);
            if (this.#race.over) this.#race = null;
            this.#settle();
        }
        link.welcomedAt = Date.now();
        // Nobody misses what was sent before the first connection, or to another user.
        const missed = recovered !== true && user === this.#bookmark.user;
        this.#bookmark.renew(user, resume);
        this.#become('open', {transport: link.transport, node, user, connection, recovered});
        if (missed) this.#emit(',gap', {channel: null});
    }

    /** Remembers what works here, and when to look for something better. */
    #settle() {
        clearTimeout(this.#climbTimer);
        const {kind} = this.#link;
        if (this.#kinds.slice(0, kind).flat().length) {
            this.#climbTimer = setTimeout(() => this.#climb(), this.#detour.take(kind));
        } else {
            this.#detour.forget();
        }
    }

    #deliver(message) {
        if (!this.#bookmark.isNew(message)) return; // Noted before a handler leaves the page for another one.
        const {namespace, event, data, id, receipt} = message;
        // The gateway knows as well, once a hello has reached it.
        if (this.#namespaces && !this.#namespaces.includes(namespace)) return;
        const keys = new Set([`${namespace},${event}`, `${namespace},*`, `,${event}`, ',*']);
        if (NOTIFICATIONS.has(event)) keys.delete(`,${event}`);
        keys.forEach((key) => this.#emit(key, data, message));
        if (receipt) this.#link?.acknowledge(id); // A handler may have disconnected.
    }

    /** Dials after that many ms; what is heard now goes on being heard until the new link is welcome. */
    #schedule(delay) {
        clearTimeout(this.#timer);
        this.#due = Date.now() + delay;
        this.#timer = setTimeout(() => this.#failed ? this.#dialIfTaken() : this.#dial(), delay);
    }

    #lost(link, code, reason) {
        const heard = link === this.#link;
        if (heard) {
            this.#link = null;
            clearTimeout(this.#climbTimer);
            // What was planned while it lasted may be an hour away.
            clearTimeout(this.#timer);
            this.#timer = 0;
            if (Date.now() - link.welcomedAt >= STABLE_AFTER) this.#attempt = 0;
        } else {
            this.#race.lost(link, code);
        }
        // Of too many connections the oldest goes: during a move this is the one that was to go.
        const moved = code === TOO_MANY_CONNECTIONS && this.#race && !this.#race.over;
        if (isFinal(code) && !moved) return this.#stop({code, reason});
        if (!heard) {
            if (!this.#race.over) return;
            const climbed = this.#race.climbs;
            this.#race = null;
            if (climbed && this.#link) return this.#settle();
            if (!this.#link) {
                this.#detour.forget(); // Nothing works now, so another thing may do so next time.
                this.#failed = true;
            }
        }
        if (!this.#timer && (!this.#race || (!this.#link && this.#race.climbs))) {
            this.#schedule(Math.random() * Math.min(BACKOFF_MAX, BACKOFF_FIRST * 2 ** this.#attempt++));
        }
        if (!this.#link) {
            const delay = this.#timer ? Math.max(0, Math.round(this.#due - Date.now())) : 0;
            this.#become('reconnecting', {code, reason, delay});
        }
    }

    #stop(why) {
        clearTimeout(this.#timer);
        this.#timer = 0;
        clearTimeout(this.#climbTimer);
        this.#link?.close();
        this.#link = null;
        this.#endRace();
        this.#bookmark.flush();
        this.#life?.abort();
        this.#life = null;
        if (this.state.state !== 'closed') this.#become('closed', why);
    }
}

export { Fanfare as default, Fanfare };
