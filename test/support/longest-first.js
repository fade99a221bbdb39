const { default: Sequencer } = require('@jest/test-sequencer');

const LONGEST = ['faults', 'cli', 'scenarios'];

/** Begins with the folders whose tests take longest, so that none of them is left over for the end. */
module.exports = class extends Sequencer {
  /**
   * @override
   * @param {import('@jest/test-result').Test[]} tests
   */
  sort(tests) {
    const first = LONGEST.flatMap((folder) => tests.filter(({ path }) => path.includes(`/test/${folder}/`)));
    return [...new Set([...first, ...tests])];
  }
};
