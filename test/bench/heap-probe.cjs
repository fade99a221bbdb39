// Required by a process that is measured: keeps the largest heap that was alive, and tells it with the CPU time at the end.
const { writeFileSync } = require('node:fs');
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

const { SUTURE_PROBE: file, SUTURE_PROBE_HEAP: everyMs } = process.env;
let peak = 0;
if (everyMs) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  setInterval(() => {
    collect();
    peak = Math.max(peak, process.memoryUsage().heapUsed);
  }, Number(everyMs)).unref();
}
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  if (file) writeFileSync(file, JSON.stringify({ peakHeap: peak, cpuSeconds: (user + system) / 1e6 }));
});
