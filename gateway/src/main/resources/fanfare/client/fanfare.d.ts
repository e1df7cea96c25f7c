/** How the connection fares; every change is told to the handlers of `state`. */
export type FanfareState =
    /** The first attempt since the page, or `connect()`, asked for a connection. */
    | { readonly state: 'connecting' }
    /** Served. A planned move to another node or transport is a second `open` in a row, nothing in between. */
    | {
          readonly state: 'open';
          /** sockjs-client's name of the transport in use. */
          readonly transport: string | null;
          readonly node: string;
          /** The user as the site names it; null when nobody is logged in. */
          readonly user: string | null;
          readonly connection: string;
          /** Null on a fresh connection; else whether everything since the last one came or is about to come. */
          readonly recovered: boolean | null;
      }
    /** Lost; the next attempt is made in `delay` ms (0: under way). */
    | { readonly state: 'reconnecting'; readonly code: number; readonly reason: string; readonly delay: number }
    /** Over until `connect()` is called: 1000 after `disconnect()`, else a code of 4100 to 4199. */
    | { readonly state: 'closed'; readonly code: number; readonly reason: string };

/** One publication as the gateway sent it. */
export interface FanfareMessage<Data = unknown> {
    readonly type: 'event';
    readonly channel: 'user' | 'broadcast' | `topic:${string}`;
    readonly namespace: string;
    readonly event: string;
    readonly data: Data;
    readonly id: string;
    /** Its place in the channel; opaque. */
    readonly position: string;
    /** When the publisher accepted it, in ms since 1970. */
    readonly time: number;
    /** The site wants to know what becomes of it: once all handlers have had it, the gateway is told. Absent for most. */
    readonly receipt?: boolean;
}

export type FanfareHandler<Data = any> = (data: Data, message: FanfareMessage<Data>) => void;

/** Something older is lost for good: read the page's state anew. `channel` is null when it could be in any of them. */
export interface FanfareGap {
    readonly channel: string | null;
}

/** What the gateway said went wrong; the connection's end, if it ends, comes as a state. */
export interface FanfareError {
    readonly code: string;
    readonly message: string;
}

/**
 * A WebSocket is tried first. Where it is refused, or is silent for 1.5 s, streaming and then polling are tried beside it.
 * What works is kept, for this tab's next pages too, for 5 to 10 minutes or until the browser comes `online`; then a
 * WebSocket is tried again, and taken without a break if it opens.
 */
export interface FanfareOptions {
    /** Only these are sent to this page; absent: all, empty: none. */
    namespaces?: string[];
    /**
     * sockjs-client's names: `websocket`, `xhr-streaming`, `eventsource`, `iframe-eventsource`, `htmlfile`, `iframe-htmlfile`,
     * `xhr-polling`, `iframe-xhr-polling`, `jsonp-polling`; absent: whatever works. In any order.
     */
    transports?: string | string[];
    /**
     * Whether the next page of this tab, or of this frame of it, goes on where this one ended, and as it did (sessionStorage).
     * Default true. A page wants one client for each URL and choice of namespaces: two would be at one place.
     */
    storage?: boolean;
}

export interface FanfareScope {
    /** `*` hears every event of the namespace. */
    on<Data = any>(event: string, handler: FanfareHandler<Data>): this;
    off(event: string, handler?: FanfareHandler): this;
}

declare class Fanfare {
    /** Connects at once. `url` may be relative to the page, such as `/push`. Throws if there are no such transports. */
    constructor(url: string | URL, options?: FanfareOptions);

    /** The last state told to handlers. */
    readonly state: FanfareState;

    on(event: 'state', handler: (state: FanfareState) => void): this;
    on(event: 'gap', handler: (gap: FanfareGap) => void): this;
    on(event: 'error', handler: (error: FanfareError) => void): this;
    /** In any namespace; `*` hears every event. Events named `state`, `gap` or `error` are heard with `of`. */
    on<Data = any>(event: string, handler: FanfareHandler<Data>): this;

    /** Without a handler: all handlers of that event. */
    off(event: string, handler?: (...args: any[]) => void): this;

    of(namespace: string): FanfareScope;

    /** After `disconnect()` or a final close; while waiting for the next attempt it makes that attempt now. */
    connect(): this;

    disconnect(): this;

    /** Resolves with the round trip to the gateway in ms, of one question for all who ask meanwhile; rejects without an answer in 5 s. */
    ping(): Promise<number>;
}

export { Fanfare as default, Fanfare };
