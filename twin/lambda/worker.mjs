// Runs one function's code in a thread of its own, as Lambda's Node.js runtime would.
import dns from 'node:dns';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';

/** @type {import('./workers.ts').WorkerData} */
const { directory, handler: handlerName, clockOffset } = workerData;
if (!parentPort) throw new Error('this file is a worker');
const port = parentPort;

// The twin's time: real time plus an offset that the twin moves.
const RealDate = Date;
const now = () => RealDate.now() + (clockOffset[0] ?? 0);
globalThis.Date = /** @type {DateConstructor} */ (
  /** @type {unknown} */ (
    class TwinDate extends RealDate {
      /** @param {[]} values */
      constructor(...values) {
        if (values.length === 0) super(now());
        else super(...values);
      }
      /** @override */
      static now() {
        return now();
      }
    }
  )
);

// S3 Control's clients put the account before the host name. Whatever is under `localhost` is this machine, which not every resolver knows.
const lookup = dns.lookup;
dns.lookup = /** @type {typeof dns.lookup} */ (
  /** @param {string} host @param {any[]} rest */
  (host, ...rest) => /** @type {any} */ (lookup)(host.endsWith('.localhost') ? '127.0.0.1' : host, ...rest)
);

// Everything that the code writes is a log line. Console lines carry time, request and level, as in Lambda's text format.
let requestId = '';
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (/** @type {string | Uint8Array} */ chunk) => {
    port.postMessage({ kind: 'log', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8') });
    return true;
  };
}
for (const level of /** @type {const} */ (['debug', 'info', 'log', 'warn', 'error', 'trace'])) {
  const label = level === 'log' ? 'INFO' : level.toUpperCase();
  console[level] = (...values) => {
    process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${label}\t${format(...values)}\n`);
  };
}

/** @param {unknown} error */
const describe = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

/** @type {((event: unknown, context: object) => unknown) | undefined} */
let handler;
const require = createRequire(join(directory, 'index.js'));

async function load() {
  const [file = 'index', name = 'handler'] = handlerName.split('.');
  const path = join(directory, file);
  /** @type {Record<string, unknown>} */
  let loaded;
  try {
    loaded = require(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
    loaded = await import(pathToFileURL(`${path}.mjs`).href);
  }
  if (typeof loaded[name] !== 'function') {
    throw Object.assign(new Error(`${handlerName} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  handler = /** @type {typeof handler} */ (loaded[name]);
}

port.on(
  'message',
  async (/** @type {import('./workers.ts').Invocation} */ { event, context, credentials, deadline }) => {
    requestId = context.awsRequestId;
    Object.assign(process.env, credentials);
    try {
      if (!handler) await load();
      const result = await handler?.(event, {
        ...context,
        getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
      });
      port.postMessage({
        kind: 'result',
        result: result === undefined ? null : JSON.parse(JSON.stringify(result)),
        heap: getHeapStatistics().used_heap_size,
      });
    } catch (error) {
      const described = describe(error);
      console.error('Invoke Error', JSON.stringify(described));
      port.postMessage({ kind: 'error', error: described, heap: getHeapStatistics().used_heap_size });
    }
  },
);
