// Sends a few events with the official Node client, and prints what the inspector ought to show.
// Run by the tests: node send.mjs HOST VISITOR JSON-OPTIONS

import { randomUUID } from "node:crypto";

import { PostHog } from "posthog-node";

const REPEATS = 3;

const [host, visitor, options] = process.argv.slice(2);
const client = new PostHog("phc_e2e", { host, ...JSON.parse(options) });
const sent = [];

function capture(event, properties, uuid = randomUUID()) {
  client.capture({ distinctId: visitor, event, properties, uuid });
  sent.push({ event, distinct_id: visitor, uuid, properties });
}

capture("ordered", {
  total: 12.5,
  lines: [{ name: "Zoë's mug ☕", quantity: 2 }],
  paid: true,
  voucher: null,
  $session_id: `session-of-${visitor}`,
});

client.identify({ distinctId: visitor, properties: { shoe: 43 } });
sent.push({ event: "$identify", distinct_id: visitor, uuid: null, properties: { $set: { shoe: 43 } } });

const exception = randomUUID();
client.captureException(new RangeError("no such shoe"), visitor, { aisle: 7 }, exception);
sent.push({ event: "$exception", distinct_id: visitor, uuid: exception, properties: { aisle: 7 } });

const same = randomUUID();
for (let n = 0; n < REPEATS; n += 1) {
  client.capture({ distinctId: visitor, event: "repeated", uuid: same, timestamp: new Date("2026-11-23T10:00:00Z") });
}
sent.push({ event: "repeated", distinct_id: visitor, uuid: same, properties: {} });

await client.shutdown();
console.log(JSON.stringify(sent));
