#!/usr/bin/env node
// The command runs from its TypeScript sources. The SDK need not announce on Node.js 20 what it wants next year.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
const { register } = require('tsx/cjs/api');

register();
require('./main');
