import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { zipSync } from 'fflate';
import ts from 'typescript';

/** What is written next to each zip. */
export interface BundleInfo {
  /** Of the zip, base64, as Terraform's `source_code_hash` wants it. */
  readonly sha256Base64: string;
  readonly zipBytes: number;
  /** Operations that the code can call, as `ec2:RevokeSecurityGroupIngress`: the SDK commands that ended up in the bundle. */
  readonly operations: readonly string[];
}

const root = resolve(__dirname, '..');
/** Where the zips go. */
export const bundleDirectory = join(root, 'dist', 'functions');

/** The directories that hold a function. */
export const functionNames = (): string[] =>
  readdirSync(join(root, 'functions'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'functions', entry.name, 'index.ts')))
    .map(({ name }) => name)
    .sort();

/** Bundles an entry point as it is for Lambda. */
export const compile = (entryPoint: string) =>
  build({
    entryPoints: [entryPoint],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    minify: true,
    legalComments: 'none',
    // The SDK's ESM builds can be tree-shaken, its CommonJS builds cannot.
    mainFields: ['module', 'main'],
    plugins: [
      pureSchemas,
      environmentCredentials,
      noEventStreams,
      noEndpointDiscovery,
      noConfigFiles,
      nativeHashes,
      ordinaryBuckets,
      versionOnly,
    ],
  });

/** Bundles one function into a zip whose bytes depend on its sources alone. */
export async function bundle(name: string, directory = bundleDirectory): Promise<BundleInfo> {
  const { outputFiles, metafile } = await compile(join(root, 'functions', name, 'index.ts'));
  const code = outputFiles[0]?.contents;
  if (!code) throw new Error(`esbuild made nothing of ${name}`);
  const zip = reproducibleZip({ 'index.js': code });
  const info: BundleInfo = {
    sha256Base64: createHash('sha256').update(zip).digest('base64'),
    zipBytes: zip.length,
    operations: operationsIn(metafile),
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${name}.zip`), zip);
  writeFileSync(join(directory, `${name}.json`), `${JSON.stringify(info, null, 2)}\n`);
  return info;
}

/** The same bytes on every machine: sorted entries, the earliest date that a zip can hold, in local time as zips keep it. */
function reproducibleZip(files: Record<string, Uint8Array>): Uint8Array {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return zipSync(sorted, { level: 9, mtime: new Date(1980, 0, 1), os: 3, attrs: 0o644 << 16 });
}

/** Where IAM calls a service otherwise than the SDK calls its client. */
const IAM_PREFIXES: Readonly<Record<string, string>> = {
  'auto-scaling': 'autoscaling',
  'config-service': 'config',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  eventbridge: 'events',
  's3-control': 's3control',
  sfn: 'states',
};

/** `@aws-sdk/client-ec2/dist-es/commands/RevokeSecurityGroupIngressCommand.js` in the output means that it can be called. */
function operationsIn(metafile: Metafile): string[] {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  const called = inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, client, operation] = /@aws-sdk\/client-([^/]+)\/dist-es\/commands\/(\w+)Command\.js$/.exec(path) ?? [];
    return client && operation && bytesInOutput > 0 ? [`${IAM_PREFIXES[client] ?? client}:${operation}`] : [];
  });
  return called.sort();
}

/**
 * Structures of which functions read a few members only, by the schemas of those. Details of Security Hub's resources have a hundred members, each with
 * structures of its own, which make up 100 KB: what is not described is not read.
 */
const READ_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  'client-securityhub/ResourceDetails$': ['AwsIamAccessKeyDetails$'],
};

/** A structure's table `[3, namespace, name, traits, [names of members], [their schemas]]`, with some of its members. */
function narrowed(table: ts.ArrayLiteralExpression, source: string, read: readonly string[]): string {
  const text = ({ pos, end }: ts.Node) => source.slice(pos, end);
  const [members, schemas] = table.elements.slice(4, 6);
  if (!members || !schemas || !ts.isArrayLiteralExpression(members) || !ts.isArrayLiteralExpression(schemas))
    throw new Error(`not the table of a structure: ${text(table).slice(0, 80)}`);
  const kept = schemas.elements.flatMap((schema, index) =>
    read.some((name) => text(schema).includes(name)) ? [index] : [],
  );
  if (kept.length !== read.length) throw new Error(`${read.join(', ')}: not all are members of the structure`);
  const list = (of: ts.ArrayLiteralExpression) =>
    `[${kept.map((index) => text(of.elements[index] as ts.Node)).join(', ')}]`;
  const head = table.elements.slice(0, 4).map(text);
  return `[${[...head, list(members), list(schemas)].join(', ')}]`;
}

/**
 * The SDK describes every operation in tables of arrays, which count as side effects because they refer to each other.
 * Marked pure, all but the used ones vanish. Errors register themselves for `instanceof`; only those that the
 * functions test for are kept, the others arrive as the base exception, with the right name.
 */
const pureSchemas: Plugin = {
  name: 'pure-schemas',
  setup({ onLoad }) {
    const tested = /instanceof (\w+Exception)/g;
    const kept = new Set(
      sourcesBelow(join(root, 'functions')).flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(tested)].map(([, name]) => name),
      ),
    );
    onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const { statements } = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, false);
      let contents = '';
      let at = 0;
      const replace = (node: ts.Node, by: (text: string) => string): void => {
        contents += source.slice(at, node.pos) + by(source.slice(node.pos, node.end));
        at = node.end;
      };
      for (const statement of statements) {
        if (ts.isVariableStatement(statement)) {
          for (const { name, initializer } of statement.declarationList.declarations) {
            if (!initializer || !ts.isArrayLiteralExpression(initializer)) continue;
            const client = /client-[^\\/]+/.exec(path)?.[0];
            const read = ts.isIdentifier(name) ? READ_MEMBERS[`${client}/${name.text}`] : undefined;
            replace(initializer, (table) => {
              const text = read ? narrowed(initializer, source, read) : table;
              return `/* @__PURE__ */ (() => (${text}))()`;
            });
          }
        } else if (ts.isExpressionStatement(statement)) {
          const [, error] = /\.registerError\(\w+\$?, (\w+)\)/.exec(source.slice(statement.pos, statement.end)) ?? [];
          if (error && !kept.has(error)) replace(statement, () => '');
        }
      }
      return { contents: contents + source.slice(at), loader: 'js' };
    });
  },
};

const sourcesBelow = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

/**
 * In Lambda, credentials stand in the environment: the chain of profiles, SSO and metadata services is left out.
 * They are read anew for each request, so that whoever renews the variables is heard.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
const environmentCredentials = virtualModule(
  'environment-credentials',
  /^@aws-sdk\/credential-provider-node$/,
  `export const defaultProvider = () => async () => ({
     accessKeyId: process.env.AWS_ACCESS_KEY_ID,
     secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
     sessionToken: process.env.AWS_SESSION_TOKEN,
     expiration: new Date(0),
   });`,
);

/** No operation in use streams events; the code for it would keep every other module from being tree-shaken. */
const noEventStreams = virtualModule(
  'no-event-streams',
  /^@smithy\/core\/event-streams$/,
  `const none = () => { throw new Error('event streams are not bundled'); };
   export const EventStreamSerde = none, eventStreamSerdeProvider = () => none, resolveEventStreamSerdeConfig = (config) => config;`,
);

/** DynamoDB needs no endpoint discovery; the code for it brings a cache and an operation that no role allows. */
const noEndpointDiscovery = virtualModule(
  'no-endpoint-discovery',
  /^@aws-sdk\/middleware-endpoint-discovery$|\/DescribeEndpointsCommand$/,
  `export const resolveEndpointDiscoveryConfig = (config) => config, NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
     environmentVariableSelector: () => false, configFileSelector: () => false, default: false,
   };
   export const getEndpointDiscoveryPlugin = () => ({ applyToStack() {} });
   export class DescribeEndpointsCommand {}`,
);

/**
 * Lambda has no home directory with `~/.aws/config`: what can be set comes from the environment. Looking for the files costs each client's
 * first call two failed reads, and each cold start a further built-in module and a parser of INI files. Neither has it the metadata service
 * of an instance, to be asked for a Region.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
const noConfigFiles = virtualModule(
  'no-config-files',
  /\/loadSharedConfigFiles$|\/getInstanceMetadataRegion$/,
  `export const getInstanceMetadataRegion = async () => undefined;
   export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} }), CONFIG_PREFIX_SEPARATOR = '.';`,
);

/**
 * Node.js has these hashes and checksums: those in JavaScript that stand in where there are none are left out, with the tables that they
 * compute when they are loaded.
 *
 * @see https://nodejs.org/docs/latest-v22.x/api/zlib.html#zlibcrc32data-value
 */
const nativeHashes = virtualModule(
  'native-hashes',
  /\/(?:Sha(?:1|256)|Md5|Crc32)Js$/,
  'export const Sha1Js = undefined, Sha256Js = undefined, Md5Js = undefined, Crc32Js = undefined;',
);

/**
 * Functions call ordinary buckets, by name: no directory buckets, which need sessions, no access points of several Regions, which need
 * signatures of their own, and no ARNs of what lives on Outposts.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html
 */
const ordinaryBuckets = virtualModule(
  'ordinary-buckets',
  /\/S3ExpressIdentityProviderImpl$|\/CreateSessionCommand$|\/getProcessArnablesPlugin$|^@aws-sdk\/signature-v4-multi-region$/,
  `import { SignatureV4 } from '@smithy/signature-v4';
   export { SignatureV4 as SignatureV4MultiRegion, SignatureV4 as SignatureV4SignWithCredentials };
   export class CreateSessionCommand {}
   export const getProcessArnablesPlugin = () => ({ applyToStack() {} });
   export class S3ExpressIdentityProviderImpl {
     getS3ExpressIdentity() { throw new Error('directory buckets are not bundled'); }
   }`,
);

/** Clients import their whole package.json for the version in the user agent. */
const versionOnly: Plugin = {
  name: 'version-only',
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/ }, ({ path }) => {
      const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

function virtualModule(name: string, filter: RegExp, contents: string): Plugin {
  return {
    name,
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, () => ({ path: name, namespace: name }));
      onLoad({ filter: /.*/, namespace: name }, () => ({ contents, loader: 'js', resolveDir: dirname(__filename) }));
    },
  };
}

/** Whether anything that goes into the bundles is newer than they are. */
function isStale(name: string): boolean {
  const zip = join(bundleDirectory, `${name}.zip`);
  if (!existsSync(zip)) return true;
  const sources = [...sourcesBelow(join(root, 'functions')), __filename, join(root, 'package-lock.json')];
  return sources.some((file) => statSync(file).mtimeMs > statSync(zip).mtimeMs);
}

async function main(): Promise<void> {
  const onlyStale = process.argv.includes('--if-stale');
  for (const name of functionNames().filter((one) => !onlyStale || isStale(one))) {
    const { zipBytes } = await bundle(name);
    console.log(`${name}: ${(zipBytes / 1024).toFixed(1)} KB`);
  }
}

if (require.main === module) void main();
