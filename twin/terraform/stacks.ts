import type { Twin } from '../twin';
import { Stack } from './stack';

/** The stacks that the twin stands for, in the order in which they are applied. */
export class Stacks {
  private readonly all: readonly Stack[];

  /** @throws Error for a variable that none of them declares */
  constructor(twin: Twin, directories: readonly string[], variables: Readonly<Record<string, string>>) {
    this.all = directories.map((directory) => new Stack(twin, directory, variables));
    const declared = new Set(this.all.flatMap((stack) => stack.declared));
    const unknown = Object.keys(variables).filter((name) => !declared.has(name) && !process.env[`TF_VAR_${name}`]);
    if (unknown.length > 0)
      throw new Error(`the stack has no variable ${unknown.join(', ')}; it has: ${[...declared].join(', ') || 'none'}`);
  }

  /** Of the first. */
  get region(): string {
    return this.all[0]?.region ?? 'us-east-1';
  }

  /** Names of those that are installed. */
  loaded(): string[] {
    return this.all.filter(({ isInstalled }) => isInstalled).map(({ name }) => name);
  }

  /** @throws Error for what cannot be simulated, and if they are installed already. */
  install(): void {
    for (const stack of this.all) stack.install();
  }

  /** Arguments of resources that nothing read, by address. */
  unreadArguments(): { address: string; argument: string }[] {
    return this.all.flatMap((stack) => stack.unreadArguments());
  }
}
