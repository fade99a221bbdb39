import { Command, CommanderError } from 'commander';
import { asError } from '../functions/core/errors';
import { demo } from './demo';
import { explain } from './explain';
import { UsageError } from './terminal';
import { runTwin } from './twin';

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
    .action(runTwin);

  suture
    .command('explain')
    .description('tells which rule an event matches, and what would be decided about it and why')
    .argument('<event.json>', 'a whole EventBridge event')
    .option('--stack <directory>', 'synthesized stack (default: cdktf.out/stacks/suture)')
    .option('--json', 'print the answer as JSON')
    .action(explain);

  for (const command of suture.commands) command.exitOverride();
  return suture;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`${text}: expected a whole number`);
  return value;
}

async function main(): Promise<void> {
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else if (error instanceof UsageError) {
      console.error(`suture: ${error.message}`);
      process.exitCode = 2;
    } else {
      console.error(`suture: ${asError(error).message}`);
      process.exitCode = 1;
    }
  }
}

void main();
