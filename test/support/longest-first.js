const { default: Sequencer } = require('@jest/test-sequencer');

const LONGEST = ['faults', 'cli', 'scenarios'];

/** Begins with the folders whose tests take longest, so that none of them is left over for the end. */
module.exports = class extends Sequencer {
  sort(tests) {
    const isIn = (folder) => (test) => test.path.includes(`/test/${folder}/`);
    const first = LONGEST.flatMap((folder) => tests.filter(isIn(folder)));
    return [...new Set([...first, ...tests])];
  }
};
