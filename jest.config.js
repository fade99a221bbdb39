/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/transform.js' },
  // Types are checked by `npm run types`; bundles and Terraform are made once, before all tests.
  globalSetup: '<rootDir>/test/support/build-once.ts',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  // Ends what hangs; how long a test takes on a busy machine decides nothing.
  testTimeout: 600_000,
  // Scenarios wait more than they compute.
  maxWorkers: 3,
};
