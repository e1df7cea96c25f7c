/** What became of the last publication: asked again and again while it may change, shown a line a connection. */

const INTERVAL = 400;
/** Then nobody looks any more; who comes back later is seen by asking the publisher [ms]. */
const GIVE_UP = 20_000;
const LINES = 12;

export class Receipt {
    #list;
    /** The id of the publication that is shown; null for none. */
    #followed = null;

    constructor(list) {
        this.#list = list;
    }

    /** Shows this publication's receipt from now on; null for none. */
    follow(id) {
        this.#followed = id;
        this.#list.replaceChildren();
        if (id !== null) this.#ask(id, Date.now() + GIVE_UP);
    }

    async #ask(id, end) {
        if (id !== this.#followed) return;
        const message = document.hidden ? null : await read(id);
        if (id !== this.#followed) return;
        if (message) this.#show(message);
        if (Date.now() < end && !message?.channels.every(isSettled)) setTimeout(() => this.#ask(id, end), INTERVAL);
    }

    #show({channels, omitted}) {
        const rows = channels.flatMap(rowsOf);
        const more = rows.length - LINES + omitted;
        const shown = rows.slice(0, LINES);
        if (more > 0) shown.push({who: `${more} more`, state: '', text: ''});
        // A line that says what it said stays, so that only news stand out.
        shown.forEach((row, i) => {
            const line = this.#list.children[i] ?? this.#list.appendChild(document.createElement('li'));
            if (line.dataset.said === JSON.stringify(row)) return;
            line.dataset.said = JSON.stringify(row);
            line.dataset.user = row.who;
            line.dataset.state = row.state;
            const name = document.createElement('strong');
            name.textContent = row.who;
            const details = document.createElement('span');
            details.textContent = row.text;
            line.replaceChildren(name, details);
        });
        while (this.#list.children.length > shown.length) this.#list.lastChild.remove();
    }
}

async function read(id) {
    try {
        const answer = await fetch(`/messages/${encodeURIComponent(id)}`);
        return answer.ok ? await answer.json() : null;
    } catch {
        return null;
    }
}

/** Nothing more is expected of a channel: everybody who was there has it, or cannot get it. */
function isSettled({state, connections, gateways}) {
    const sessions = gateways.reduce((sum, gateway) => sum + gateway.sessions, 0);
    const done = connections.filter((connection) => connection.state !== 'written').length;
    return ['acknowledged', 'not-delivered', 'expired'].includes(state) && done >= sessions;
}

function rowsOf(channel) {
    const whom = channel.user ?? channel.channel;
    if (!channel.connections.length) return [{who: whom, state: channel.state, text: channel.state}];
    return channel.connections.map((connection) => ({
        who: connection.user ?? channel.user ?? 'anonymous',
        state: connection.state,
        text: `${saying(connection, channel.stored)} · ${connection.transport} on ${connection.node}`,
    }));
}

function saying({state, reason, written, acknowledged}, stored) {
    if (state === 'not-delivered') return `not delivered: ${reason.replaceAll('-', ' ')}`;
    const on = `written after ${written - stored} ms`;
    return acknowledged === undefined ? on : `${on}, had by the page after ${acknowledged - stored}`;
}
