// The agent panel: shows the suggestions of one conversation as they come, and sends the agent's feedback.
// Suggestions come from outside and may hold anything. They get into the page as text, never as HTML.

const API = new URL("../agentassist/", import.meta.url); // keeps the path prefix of a proxy
const MAX_REQUESTS = 100;
const LONG_CONTENT = 240; // characters; panel.css folds to fewer lines than they take
const MIN_DELAY = 1_000; // of the back-off; all times are in milliseconds
const MAX_DELAY = 30_000;
const MAX_PAUSE = 120_000; // that a Retry-After may ask for
const MAX_SILENCE = 45_000; // the server sends something every 15 s
const STABLE = 5_000; // a connection that lasted so long was a good one
const FEEDBACK_TIMEOUT = 15_000;
const HEARD_TOGETHER = 250; // what comes within this time is told at once
const SETTLING = 500; // after cards have moved, a click is meant for what was there before

const TROUBLES = {
	400: "The conversation's id is not valid.",
	404: "Conversation not found.",
	429: "The service is busy.",
	503: "The service is busy.",
};
const STATES = {
	failed: "The provider could not make suggestions.",
	expired: "The suggestions did not arrive in time.",
};

const JUDGEMENTS = { accepted: ".accept", dismissed: ".dismiss" };

const query = new URLSearchParams(location.search);
const conversationId = query.get("conversation_id");
const shownRequests = new Map(); // by request_id: the event's data and the element
let credentials = {}; // headers, kept in memory only
let lastEventId;
let following = new AbortController();
let settling;
let telling;
let untold = []; // what has come, in words

const byId = (id) => document.getElementById(id);
const text = (value) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const list = (value) => (Array.isArray(value) ? value : []);
const isId = (value) => typeof value === "string" && /^[^\p{Cc}\p{Cs}]+$/u.test(value) && value.length <= 200 && value.trim() !== "";

// ---- The stream

/** Follows the stream for good, or until the credentials or the conversation's id are refused, or others come. */
async function follow() {
	following.abort();
	following = new AbortController();
	const { signal } = following;
	if (!conversationId) {
		byId("no-conversation").hidden = false;
		return;
	}
	if (!isId(conversationId) || /^\.\.?$/.test(conversationId)) {
		showConnection("refused", TROUBLES[400]); // Browsers take "." and ".." out of a path.
		return;
	}
	showConnection("waiting", "Connecting …");
	for (let failures = 0; ; ) {
		const start = Date.now();
		const eventBefore = lastEventId;
		const failure = await readStream(signal).catch((reason) => reason);
		if (signal.aborted) {
			return;
		}
		if (failure?.status === 401 || failure?.status === 403) {
			signedOut(failure);
			return;
		}
		const trouble = TROUBLES[failure?.status] ?? failure?.detail ?? "Connection lost.";
		if (failure?.status === 400 || failure?.status === 431) {
			if (lastEventId === undefined) {
				showConnection("refused", trouble); // It would be each time.
				return;
			}
			lastEventId = undefined; // It may be the reason.
		}
		// While there is much to catch up with, the server ends streams early.
		const stable = Date.now() - start > STABLE || (!failure && lastEventId !== eventBefore);
		failures = stable ? 0 : failures + 1;
		if (failure || !stable) {
			showConnection("waiting", `${trouble} Connecting again …`);
		}
		await pause(Math.max(backOff(failures), failure?.retryAfter ?? 0), signal);
	}
}

/** Shows what the stream brings until the server ends it; throws if there is none, or if it breaks. */
async function readStream(signal) {
	const silence = new AbortController();
	const listen = () => setTimeout(() => silence.abort(), MAX_SILENCE);
	let alarm = listen();
	try {
		const response = await fetch(new URL(`conversations/${encodeURIComponent(conversationId)}/stream`, API), {
			headers: { ...credentials, ...(lastEventId && { "Last-Event-ID": lastEventId }) },
			signal: AbortSignal.any([signal, silence.signal]),
		});
		if (!response.ok || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
			throw await refusal(response);
		}
		showConnection("live", "Live");
		const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
		let event = {};
		for (let rest = "", chunk; !(chunk = await reader.read()).done; ) {
			clearTimeout(alarm);
			alarm = listen();
			const lines = (rest + chunk.value).split(/\r?\n/);
			rest = lines.pop();
			for (const line of lines) {
				const [, field, value] = /^(id|event|data): ?(.*)$/s.exec(line) ?? [];
				if (field) {
					event[field] = value;
				} else if (line === "") {
					take(event);
					event = {};
				}
			}
		}
	} finally {
		clearTimeout(alarm);
	}
}

function take({ id, event, data }) {
	try {
		if (event === "suggestions" && data) {
			showRequest(data);
		}
	} catch (failure) {
		console.error("An event cannot be shown", failure); // The next one may be good.
	}
	lastEventId = id ?? lastEventId;
}

/** What a response that is not the wanted one says. */
async function refusal(response) {
	const problem = await response.json().catch(() => null);
	const retryAfter = response.headers.get("Retry-After") ?? "0";
	return {
		status: response.status,
		challenge: text(response.headers.get("WWW-Authenticate")),
		detail: text(problem?.detail) || `The service answers with ${response.status}.`,
		retryAfter: (/^\d+$/.test(retryAfter) ? retryAfter * 1000 : Date.parse(retryAfter) - Date.now()) || 0,
	};
}

/** Exponential, with jitter: not all panels come back at once. */
function backOff(failures) {
	return MIN_DELAY + Math.random() * (Math.min(MAX_DELAY, MIN_DELAY * 2 ** (failures + 1)) - MIN_DELAY);
}

/** Waits, but not for longer than a panel may stay silent, whatever a proxy asks for. */
function pause(delay, signal) {
	return new Promise((resolve) => {
		const end = () => {
			clearTimeout(timer);
			signal.removeEventListener("abort", end);
			resolve();
		};
		const timer = setTimeout(end, Math.min(delay, MAX_PAUSE));
		signal.addEventListener("abort", end);
	});
}

function showConnection(state, words) {
	byId("connection").dataset.state = state;
	if (byId("connection").textContent !== words) {
		byId("connection").textContent = words; // Once: a screen reader reads it each time it is set.
	}
	byId("no-requests").hidden = state !== "live" || shownRequests.size > 0;
	const asks = state === "signed-out";
	if (state !== "waiting" && byId("sign-in").hidden === asks) {
		if (byId("sign-in").contains(document.activeElement)) {
			focusPage();
		}
		byId("sign-in").hidden = !asks;
		settle();
	}
}

// ---- Credentials

/** Takes credentials from the URL's fragment, which no server sees, and removes them from the address bar. */
function takeCredentials() {
	const fragment = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
	const apiKey = fragment.get("api_key");
	const accessToken = fragment.get("access_token");
	if (apiKey || accessToken) {
		history.replaceState(history.state, "", location.pathname + location.search);
		signIn(apiKey ? "X-API-Key" : "Authorization", apiKey || `Bearer ${accessToken}`);
	}
	return Boolean(apiKey || accessToken);
}

function signIn(header, value) {
	credentials = { [header]: value.replace(/[^ -~]/g, "?") }; // For the server to refuse: no header can hold it.
	follow();
}

/** Asks for an API key, unless the service takes tokens, which only the desktop can get. */
function signedOut({ status, detail, challenge }) {
	const given = Object.keys(credentials).length > 0;
	const takesTokens = challenge.startsWith("Bearer") || "Authorization" in credentials;
	const reason = given ? "Signed out: this key or token is not valid." : "Signed out.";
	const advice = takesTokens ? " The desktop has to sign you in again." : "";
	showConnection(takesTokens ? "refused" : "signed-out", status === 403 ? `Not allowed. ${detail}` : reason + advice);
}

// ---- Requests and their suggestions

/** Shows a request, in the place of what was shown of it before. */
function showRequest(data) {
	const request = JSON.parse(data);
	const before = shownRequests.get(request.request_id);
	if (before?.data === data) {
		return; // Sent once more; the agent's marks stay.
	}
	const [element, words] = requestElement(request);
	const focused = focusInView();
	shownRequests.set(request.request_id, { data, element });
	if (before) {
		before.element.replaceWith(element);
	} else {
		const others = [...byId("requests").children];
		const older = others.find((other) => other.dataset.submittedAt <= element.dataset.submittedAt);
		byId("requests").insertBefore(element, older ?? null);
	}
	settle();
	if (shownRequests.size > MAX_REQUESTS) {
		const oldest = byId("requests").lastElementChild;
		if (oldest.contains(document.activeElement)) {
			focusPage();
		}
		oldest.remove();
		shownRequests.delete(oldest.dataset.requestId);
	}
	focused?.scrollIntoView({ block: "nearest" });
	byId("no-requests").hidden = true;
	tell(words);
}

/** The part of a card that the keyboard is at, if the agent sees it: new cards push it down, maybe out of view. */
function focusInView() {
	const focused = document.activeElement;
	const { top, bottom } = focused.getBoundingClientRect();
	return byId("requests").contains(focused) && focused.matches(":focus-visible") && bottom > 0 && top < innerHeight ? focused : undefined;
}

/** A keyboard goes on from the top, as what had the focus is gone. */
function focusPage() {
	document.querySelector("main").focus();
}

/** Tells those who cannot see it. Of two texts set at once, a screen reader reads one. */
function tell(words) {
	untold.push(words);
	telling ??= setTimeout(() => {
		byId("news").textContent = untold.length > 1 ? `${untold.length} updates. The last one: ${untold.at(-1)}` : untold[0];
		untold = [];
		telling = undefined;
	}, HEARD_TOGETHER);
}

/** Keeps the mouse from pressing a button that has just moved below it. */
function settle() {
	byId("requests").classList.add("settling");
	clearTimeout(settling);
	settling = setTimeout(() => byId("requests").classList.remove("settling"), SETTLING);
}

/** The element, and what to tell those who cannot see it. */
function requestElement(request) {
	const { element, part } = fromTemplate("request");
	element.dataset.requestId = request.request_id;
	element.dataset.submittedAt = text(request.submitted_at);
	const suggestions = list(request.ranked_suggestions).map(Object);
	const time = new Date(request.submitted_at);
	if (!isNaN(time)) {
		const isToday = time.toDateString() === new Date().toDateString();
		part("time").dateTime = time.toISOString();
		part("time").textContent = isToday ? time.toLocaleTimeString() : time.toLocaleString();
	}
	if (request.status === "completed" && typeof request.response_time_ms === "number") {
		part(".response-time").textContent = `answered in ${(request.response_time_ms / 1000).toFixed(1)} s`;
	}
	const state = STATES[request.status] ?? (suggestions.length ? "" : "There are no suggestions for this.");
	part(".state").textContent = state;
	part("ol").append(...suggestions.map((suggestion) => suggestionElement(request, suggestion)));
	return [element, state || `New suggestions: ${suggestions.length}. First: ${text(suggestions[0].title)}`];
}

function suggestionElement(request, suggestion) {
	const { element, part } = fromTemplate("suggestion");
	const title = text(suggestion.title) || "Without a title";
	const content = text(suggestion.content);
	const score = suggestion.final_score;
	part("h3").textContent = title;
	part(".score").textContent = typeof score === "number" ? `Score ${score.toFixed(3)}` : "";
	part(".skill-match").hidden = suggestion.skill_match !== true;
	part(".source").textContent = text(suggestion.knowledge_source_id);
	part(".content").textContent = content;
	for (const tag of list(suggestion.metadata?.tags)) {
		part(".tags").appendChild(document.createElement("li")).textContent = text(tag);
	}
	for (const button of element.querySelectorAll("button")) {
		button.ariaDescription = title;
	}

	const isLong = content.length > LONG_CONTENT || content.split("\n").length > 3;
	const takesFeedback = isId(request.request_id) && isId(suggestion.id);
	part(".content").classList.toggle("folded", isLong);
	part(".more").hidden = !isLong;
	part(".copy").hidden = content === "";
	part(".accept").hidden = part(".dismiss").hidden = !takesFeedback;

	const failed = new Set(); // actions; of accepted and dismissed, the last one
	let judgement; // the last one sent
	part(".again").onclick = () => [...failed].forEach((action) => give(action));
	part(".accept").onclick = () => give("accepted");
	part(".dismiss").onclick = () => give("dismissed");
	part(".more").onclick = () => {
		const folded = part(".content").classList.toggle("folded");
		part(".more").ariaExpanded = String(!folded);
		part(".more").textContent = folded ? "Show more" : "Show less";
		if (!folded) {
			give("opened");
		}
	};
	part(".copy").onclick = async () => {
		try {
			await navigator.clipboard.writeText(content);
			part(".outcome").textContent = "Copied";
			give("copied");
		} catch {
			part(".outcome").textContent = "The browser does not let this page copy. Select the text instead.";
		}
	};
	return element;

	/** Sends feedback; where that fails, lets the agent try again. Answers may come in another order than the clicks. */
	async function give(action) {
		if (!takesFeedback) {
			return;
		}
		const button = JUDGEMENTS[action] && part(JUDGEMENTS[action]);
		const isRecorded = () => button?.ariaDisabled === "true"; // Once: it would have no effect.
		if (button) {
			failed.delete("accepted");
			failed.delete("dismissed");
		}
		if (isRecorded()) {
			showFailed();
			return;
		}
		judgement = button ? action : judgement;
		const failure = await send(action).catch((reason) => reason);
		const isOutdated = button && action !== judgement;
		if (!failure) {
			failed.delete(action);
		} else if (!isOutdated && !isRecorded()) {
			failed.add(action);
			part(".trouble").textContent = `Your feedback is not recorded. ${failure.detail ?? "The service cannot be reached."}`;
		}
		if (!failure && button) {
			button.ariaDisabled = "true";
			if (!isOutdated || !element.dataset.feedback) {
				show(action);
			}
		}
		showFailed();
	}

	function send(action) {
		// One that is not valid is refused, or else the feedback would be another agent's.
		const agentId = query.get("agent_id")?.trim() || (isId(request.agent_id) ? request.agent_id : undefined);
		return sendFeedback({ request_id: request.request_id, suggestion_id: suggestion.id, action, agent_id: agentId });
	}

	function show(action) {
		element.dataset.feedback = action;
		part(".outcome").textContent = action === "accepted" ? "Accepted" : "Dismissed";
		part(".accept").ariaPressed = String(action === "accepted");
		part(".dismiss").ariaPressed = String(action === "dismissed");
	}

	function showFailed() {
		const isGood = failed.size === 0;
		if (part(".again").hidden === isGood) {
			return;
		}
		if (isGood) {
			part(".trouble").textContent = "";
			if (document.activeElement === part(".again")) {
				element.focus(); // A keyboard goes on from here.
			}
		}
		part(".again").hidden = isGood;
		settle();
	}
}

/** Returns once the feedback is recorded. */
async function sendFeedback(feedback) {
	const response = await fetch(new URL("feedback", API), {
		method: "POST",
		headers: { ...credentials, "Content-Type": "application/json" },
		body: JSON.stringify(feedback),
		keepalive: true, // The desktop may close the panel at once.
		signal: AbortSignal.timeout(FEEDBACK_TIMEOUT),
	});
	if (!response.ok) {
		const failure = await refusal(response);
		if (failure.status === 401) {
			signedOut(failure);
		}
		throw failure;
	}
}

/** A copy of a template's element, and a way to find its parts. */
function fromTemplate(id) {
	const element = byId(id).content.firstElementChild.cloneNode(true);
	return { element, part: (selector) => element.querySelector(selector) };
}

// ---- The start

byId("sign-in").onsubmit = (event) => {
	event.preventDefault();
	lastEventId = undefined; // Somebody else may see something else.
	shownRequests.clear();
	byId("requests").replaceChildren();
	signIn("X-API-Key", byId("api-key").value.trim());
	byId("api-key").value = "";
};

if (conversationId) {
	document.title = `Suggestions: ${conversationId}`;
}
addEventListener("hashchange", takeCredentials);
if (!takeCredentials()) {
	follow(); // As the sandbox lets it, without credentials.
}
