import { lambdaDollars, readDollars } from "./charges.ts";
import { deployedDefaults } from "./deployed-defaults.ts";
import { dollars, table, units, whole } from "./markdown.ts";
import { gb, hourSeconds, kb, million, prices, unitsOf } from "./prices.ts";

/**
 * Bytes of the frame that the page's overview gets in a tick, by its seconds: a delta for each of its channels, of which a longer
 * tick changes more. Measured once with `npm run fanout -- --viewers 20 --tick ...` at 50 plays/s, as are the two below.
 */
const frameBytes = { 1: 17_600, 5: 26_000, 10: 30_600 } as const;
/** For the CPU time of a send. */
export const usualFrameBytes = frameBytes[5];
/** CPU time of one frame to one viewer in the embedded server, which a relay would run, s. */
const relayCpuSeconds = 25e-6;
/** Memory of one viewer's connection there. */
const relayViewerBytes = 45 * kb;

/** A subscriber's item is about this long: channel and connection. */
const subscriptionBytes = 120;
const channelsPerViewer = 9;
/** API Gateway's default for all calls of an account and region, its WebSocket callbacks among them, /s. */
const callbackQuota = 10_000;
/** API Gateway meters frames in units of 32 KB, AppSync Events and IoT Core in units of 5 KB. */
const gatewayUnitBytes = 32 * kb;
const pubSubUnitBytes = 5 * kb;
/** Of a snapshot: JSON of charts shrinks to about a fifth. */
const gzipShare = 0.2;
const snapshotBytes = 70_000;
/** The smallest relay: two tasks, so that one may fail. */
const leastRelayVcpus = 0.5;
const leastRelayGb = 1;

const viewerCounts = [100, 1_000, 10_000, 100_000] as const;
const tickSeconds = [1, 5, 10] as const;
const many = 100_000;

interface Load {
  readonly viewers: number;
  readonly tickSeconds: keyof typeof frameBytes;
}

const framesAnHour = ({ viewers, tickSeconds: tick }: Load): number => (viewers * hourSeconds) / tick;
const framesASecond = ({ viewers, tickSeconds: tick }: Load): number => viewers / tick;

const transferDollars = (bytes: number): number => (bytes / gb) * prices.internetGbOut.dollars;

/** Dollars an hour of a service that meters connection minutes and messages, without what the data costs to leave. */
function meteredDollars(
  load: Load,
  minutes: { readonly dollars: number },
  messages: { readonly dollars: number },
  unitBytes: number,
): number {
  const connected = ((load.viewers * 60) / million) * minutes.dollars;
  return (
    connected +
    ((framesAnHour(load) * unitsOf(frameBytes[load.tickSeconds], unitBytes)) / million) * messages.dollars
  );
}

interface GatewayBill {
  readonly gateway: number;
  readonly transfer: number;
  readonly broadcaster: number;
}

/** Dollars an hour with what is deployed: API Gateway, and the function that sends. */
function gatewayBillOf(load: Load, sendCpuSeconds: number): GatewayBill {
  const frames = framesAnHour(load);
  const reads = (load.viewers * channelsPerViewer * subscriptionBytes) / (4 * kb) / 2; // eventually consistent
  const ticks = hourSeconds / load.tickSeconds;
  return {
    gateway: meteredDollars(load, prices.webSocketMinutes, prices.webSocketMessages, gatewayUnitBytes),
    transfer: transferDollars(frames * frameBytes[load.tickSeconds]),
    broadcaster:
      lambdaDollars(ticks, frames * sendCpuSeconds, deployedDefaults.heavyMemoryMb) +
      readDollars(ticks * reads),
  };
}

const totalOf = ({ gateway, transfer, broadcaster }: GatewayBill): number => gateway + transfer + broadcaster;

/** Dollars an hour of containers that hold the connections and get each frame once. */
function relayDollars(load: Load): number {
  const vcpus = Math.max(leastRelayVcpus, 2 * framesASecond(load) * relayCpuSeconds); // half busy
  const memoryGb = Math.max(leastRelayGb, (load.viewers * relayViewerBytes) / gb);
  const tasks = vcpus * prices.fargateVcpuHour.dollars + memoryGb * prices.fargateGbHour.dollars;
  return tasks + prices.loadBalancerHour.dollars;
}

/** Dollars an hour of viewers who fetch the whole from CloudFront's caches once a tick. */
function pollingDollars(load: Load): number {
  const requests = framesAnHour(load);
  const bytes = requests * snapshotBytes * gzipShare;
  return (
    (requests / million) * prices.cloudFrontRequests.dollars + (bytes / gb) * prices.cloudFrontGbOut.dollars
  );
}

/** How many viewers one broadcaster gets through within a tick. */
const viewersOfOne = (tick: number, sendCpuSeconds: number): number => tick / sendCpuSeconds;

/** From how many viewers on a relay costs less than API Gateway, without the data, which costs the same. */
function switchPoint(tick: Load["tickSeconds"], sendCpuSeconds: number): number {
  let viewers = 10;
  for (; viewers < million; viewers += 10) {
    const load = { viewers, tickSeconds: tick };
    const { gateway, broadcaster } = gatewayBillOf(load, sendCpuSeconds);
    if (relayDollars(load) < gateway + broadcaster) break;
  }
  return viewers;
}

/** @param sendCpuSeconds CPU time of one message through the SDK, s */
export function viewersSection(sendCpuSeconds: number): string {
  const loads = viewerCounts.flatMap((viewers) =>
    tickSeconds.map((tick) => ({ viewers, tickSeconds: tick })),
  );
  const rows = loads.map((load) => {
    const bill = gatewayBillOf(load, sendCpuSeconds);
    const callbacks = framesASecond(load);
    return [
      whole(load.viewers),
      `${load.tickSeconds} s`,
      whole(callbacks),
      callbacks > callbackQuota ? `${units(callbacks / callbackQuota)} x` : "within",
      units(callbacks * sendCpuSeconds),
      ...[bill.gateway, bill.transfer, bill.broadcaster].map(dollars),
      `**${dollars(totalOf(bill))}**`,
    ];
  });
  const head = [
    "viewers",
    "tick",
    "callbacks/s",
    "of the quota",
    "vCPU that send †",
    "API Gateway",
    "data out",
    "broadcaster †",
    "**an hour**",
  ];
  const others = tickSeconds.map((tick) => {
    const load = { viewers: many, tickSeconds: tick };
    const bill = gatewayBillOf(load, sendCpuSeconds);
    const pubSub = meteredDollars(load, prices.pubSubMinutes, prices.pubSubMessages, pubSubUnitBytes);
    return [
      `${tick} s`,
      dollars(totalOf(bill)),
      dollars(pubSub + bill.transfer),
      dollars(pollingDollars(load)),
      dollars(relayDollars(load) + bill.transfer),
    ];
  });
  const [fastest, usual, slowest] = tickSeconds;
  return `Dollars an hour. The page's overview is ${channelsPerViewer} channels, which come as one frame a tick, of ${whole(frameBytes[fastest])}, ${whole(frameBytes[usual])} and
${whole(frameBytes[slowest])} bytes at these ticks (\`npm run fanout\`
measures them); API Gateway takes a callback for each viewer and tick and meters it as one message. One send takes the broadcaster
${units(sendCpuSeconds * 1000)} ms of CPU through the SDK †, so one function is through with ${whole(viewersOfOne(fastest, sendCpuSeconds))} viewers in ${fastest} s, with ${whole(viewersOfOne(usual, sendCpuSeconds))} in ${usual} s, with ${whole(viewersOfOne(slowest, sendCpuSeconds))} in ${slowest} s.

${table(head, rows, 2)}

The plan for ${whole(many)} viewers:

1. Up to ${whole(viewersOfOne(usual, sendCpuSeconds))} viewers at ${usual} s: what is deployed. Nothing to do.
2. Up to ${whole(callbackQuota * usual)} at ${usual} s or ${whole(callbackQuota * slowest)} at ${slowest} s: the quota of ${whole(callbackQuota)} calls/s still holds, if nothing else in the account
   and region uses it. The broadcaster has to be spread over the bins of the connections' table, one function each, which is not built;
   then a tick of ${slowest} s for ${whole(many)} takes ${units((many / slowest) * sendCpuSeconds)} vCPU. Ask for a higher quota before, not when it is needed.
3. Beyond that, or where the hour costs too much: the message is the same for everybody, so it should leave once. The table has what
   ${whole(many)} viewers cost then. AppSync Events and IoT Core fan out themselves, with quotas of their own that were not read, and meter units
   of 5 KB. Polling a snapshot from CloudFront costs a request per viewer and tick all the same. A relay, containers that subscribe once and hold the viewers' connections
   (\`local/http/websocket-server.ts\` is one that runs today), costs machines instead of messages.

${table(["tick", "API Gateway", "AppSync Events, IoT Core", "CloudFront, polled", "relay on Fargate"], others)}

By the price alone a relay is cheaper from ${whole(switchPoint(fastest, sendCpuSeconds))} viewers on at ${fastest} s, ${whole(switchPoint(usual, sendCpuSeconds))} at ${usual} s and ${whole(switchPoint(slowest, sendCpuSeconds))} at ${slowest} s (two small tasks and a load balancer run whether
anybody watches or not). Switch where the quota ends, or where the difference pays for somebody who looks after containers. The
cheapest step before that is a longer tick.`;
}
