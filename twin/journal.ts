/** One API call, as the journal keeps it. */
export interface JournalEntry {
  /** From 1. */
  readonly seq: number;
  /** ISO 8601, the twin's time. */
  readonly time: string;
  /** ARN of the caller. */
  readonly principal: string;
  /** As in faults: `ec2`. */
  readonly service: string;
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  /** The SDK's input members. */
  readonly parameters: unknown;
  /** The error's code, or null. */
  readonly error: string | null;
  readonly requestId: string;
}

/** Every API call, in the order in which they were answered. */
export class Journal {
  private readonly entries: JournalEntry[] = [];

  record(entry: Omit<JournalEntry, 'seq'>): void {
    this.entries.push({ seq: this.entries.length + 1, ...entry });
  }

  /** Calls after a number. */
  since(seq: number): readonly JournalEntry[] {
    return this.entries.slice(seq);
  }
}

/** What left AWS. */
export interface OutboxEntry {
  /** From 1. */
  readonly seq: number;
  readonly time: string;
  readonly channel: 'email' | 'https' | 'chat' | 'stream';
  readonly to: string;
  readonly subject: string | null;
  readonly body: string;
}

/** Everything that was sent to people and systems outside. Append-only. */
export class Outbox {
  readonly entries: OutboxEntry[] = [];

  send(entry: Omit<OutboxEntry, 'seq'>): void {
    this.entries.push({ seq: this.entries.length + 1, ...entry });
  }
}

/** What was asked for and is not simulated. */
export class Unsupported {
  private readonly operations = new Map<string, number>();
  /** Terraform arguments that a service read and can do nothing with. Those that it did not even read are known elsewhere. */
  readonly arguments: { readonly address: string; readonly argument: string }[] = [];

  operation(name: string): void {
    this.operations.set(name, (this.operations.get(name) ?? 0) + 1);
  }

  listOperations(): { operation: string; calls: number }[] {
    return [...this.operations].map(([operation, calls]) => ({ operation, calls }));
  }
}
