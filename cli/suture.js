#!/usr/bin/env node
// The SDK need not announce on Node.js 20 what it wants next year.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
require('../scripts/run').run('cli');
