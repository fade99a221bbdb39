import { Command, CommanderError, Option } from 'commander';
import { kindNames } from './kind-names';
import { problemLine } from './problem';
import { clean, UsageError } from './terminal';

// Each command loads what it needs when it runs: the client for EC2 alone takes half a second.
const demo = later(() => (require('./demo') as typeof import('./demo')).demo);
const explain = later(() => (require('./explain') as typeof import('./explain')).explain);
const latencyCommand = later(() => (require('./latency') as typeof import('./latency')).latencyCommand);
const listExceptions = later(() => (require('./exceptions') as typeof import('./exceptions')).listExceptions);
const pauseCommand = later(() => (require('./pause') as typeof import('./pause')).pauseCommand);
const redriveCommand = later(() => (require('./redrive') as typeof import('./redrive')).redriveCommand);
const resumeCommand = later(() => (require('./pause') as typeof import('./pause')).resumeCommand);
const runTwin = later(() => (require('./twin') as typeof import('./twin')).runTwin);
const sweepCommand = later(() => (require('./sweep') as typeof import('./sweep')).sweepCommand);

const incidents = () => require('./incidents') as typeof import('./incidents');
const approveCommand = later(() => incidents().approveCommand);
const closeCommand = later(() => incidents().closeCommand);
const denyCommand = later(() => incidents().denyCommand);
const listApprovals = later(() => incidents().listApprovals);

function later<Given extends unknown[]>(load: () => (...given: Given) => void | Promise<void>) {
  return (...given: Given) => load()(...given);
}

/** The operator's command. Exit status: 0 all right, 1 a problem was found, 2 wrong use. */
function program(): Command {
  const suture = new Command('suture')
    .description('Self-healing security operations for AWS')
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: true })
    .exitOverride();

  suture
    .command('demo')
    .description(
      'opens ports to the internet in a simulated account made from the Terraform, and shows how they are closed',
    )
    .option('--rounds <number>', 'rounds of the latency plot', wholeNumber, 50)
    .option('--json', 'print what happened as JSON')
    .action(demo);

  suture
    .command('twin')
    .description('runs the simulated account until Ctrl-C; prints one line of JSON when it is ready')
    .option('--port <number>', 'port on loopback; 0 picks one')
    .option('--stack <directory>', 'synthesized stack (default: cdktf.out/stacks/suture)')
    .option('--bare', 'start with an empty account; POST /_twin/install loads the stack')
    .option('--var <name=value>', 'a Terraform variable', (value: string, all: string[]) => [...all, value], [])
    .option('--quiet', 'say nothing on standard error')
    .option('--json', 'as always: what it prints is JSON')
    .action(runTwin);

  suture
    .command('explain')
    .description('tells which rule an event matches, and what would be decided about it and why')
    .argument('<event.json>', 'a whole EventBridge event')
    .option('--stack <directory>', 'synthesized stack (default: cdktf.out/stacks/suture)')
    .option('--json', 'print the answer as JSON')
    .action(explain);

  addOperations(suture);
  addIncidents(suture);
  exitWithStatus(suture);
  return suture;
}

/** What is done with an account: the installation's, or any. */
function addOperations(suture: Command): void {
  const settings = 'settings of the installation, for its prefix and Region (default: those of npm run build)';
  suture
    .command('sweep')
    .description(
      'looks at every security group and bucket of the account, and its own public access block: observe shows what would be changed, enforce changes it',
    )
    .addOption(
      new Option('--mode <mode>', 'whatever the policy says; pause, budget and exceptions count in any case')
        .choices(['observe', 'enforce'])
        .makeOptionMandatory(),
    )
    .addOption(new Option('--only <kind>', 'one kind of resources alone').choices(kindNames))
    .option('--settings <file>', `${settings}; with --ledger, the policy too`)
    .option('--ledger <directory>', 'keep the receipts in files there, where nothing is installed')
    .option('--resume', 'go on with a sweep that was interrupted')
    .option('--json', 'print the resources in question as JSON')
    .action(sweepCommand);

  suture
    .command('pause')
    .description('stops every change, from the next decision on')
    .option('--reason <text>', 'why; everybody who meets the pause reads it', 'no reason given')
    .option('--settings <file>', settings)
    .option('--json', 'print the pause as JSON')
    .action(pauseCommand);

  suture
    .command('resume')
    .description('ends a pause, and has what was held looked at')
    .option('--settings <file>', settings)
    .option('--json', 'print what was ended as JSON')
    .action(resumeCommand);

  suture
    .command('redrive')
    .description('sends what lies in the dead-letter queue to its function again')
    .option('--max <number>', 'messages, at most', wholeNumber, 1000)
    .option('--settings <file>', settings)
    .option('--json', 'print what was sent as JSON')
    .action(redriveCommand);

  suture
    .command('latency')
    .description(
      'opens a bucket to the public again and again, and measures how long Suture takes to close it: mean, p50, p95, max',
    )
    .option('--iterations <number>', 'rounds', atLeastOne('--iterations'), 50)
    .option(
      '--bucket <name>',
      'an empty bucket, closed and without a policy (default: one of its own, removed at the end)',
    )
    .option('--timeout <seconds>', 'how long a round may take', atLeastOne('--timeout'), 300)
    .option('--settings <file>', settings)
    .option('--json', 'print the figures and rounds as JSON')
    .action(latencyCommand);

  suture
    .command('exceptions')
    .description('the exceptions to the policy')
    .command('list')
    .description('lists them with their state, those that end first at the top')
    .option('--settings <file>', `${settings}; with --ledger, their exceptions`)
    .option('--ledger <directory>', 'the files of a sweep where nothing is installed')
    .option('--json', 'print them as JSON')
    .action(listExceptions);
}

/** What people do about incidents. */
function addIncidents(suture: Command): void {
  const settings = 'settings of the installation, for its prefix and Region (default: those of npm run build)';
  suture
    .command('approvals')
    .description('what waits for a person')
    .command('list')
    .description('lists it, oldest first')
    .option('--settings <file>', settings)
    .option('--json', 'print it as JSON')
    .action(listApprovals);

  for (const [name, description, action] of [
    ['approve', 'has an incident contained', approveCommand],
    ['deny', 'leaves an incident as it is', denyCommand],
  ] as const)
    suture
      .command(name)
      .description(`${description}; refused when somebody decided already, or the time is over`)
      .argument('<incident>', 'its id, as in the message and in: suture approvals list')
      .requiredOption('--reason <text>', 'why; it stands on the receipt and in the message')
      .option('--of <about>', 'what the message asked about: refused if by now it is something else')
      .option('--settings <file>', settings)
      .option('--json', 'print the decision as JSON')
      .action(action);

  suture
    .command('close')
    .description('closes an incident and resolves its page; what is contained stays contained')
    .argument('<incident>', 'its id')
    .option('--reason <text>', 'why', 'dealt with')
    .option('--settings <file>', settings)
    .option('--json', 'print it as JSON')
    .action(closeCommand);
}

/** Commander ends the process itself if it is not told otherwise. */
function exitWithStatus(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) exitWithStatus(inner);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`${text}: expected a whole number`);
  return value;
}

function atLeastOne(option: string): (text: string) => number {
  return (text) => {
    const value = wholeNumber(text);
    if (value < 1) throw new UsageError(`${option} must be at least 1`);
    return value;
  };
}

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (error instanceof UsageError) {
      console.error(`suture: ${cleanLines(error.message)}`);
      process.exitCode = 2;
    } else {
      console.error(`suture: ${problemLine(error)}`);
      process.exitCode = 1;
    }
  }
}

/** Settings have one line for each thing that is wrong. */
const cleanLines = (text: string): string => text.split('\n').map(clean).join('\n');

void main();
