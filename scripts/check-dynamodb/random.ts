import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { S } from './steps';

/** The same series for the same seed. */
export class Random {
  constructor(private seed: number) {}

  /** From 0 up to, but not including, 1. */
  next(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: 1 + this.below(most) }, make);
  }
}

/** Placeholders that the expressions of one request gather. */
export class Names {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};

  constructor(private readonly random: Random) {}

  value(value: AttributeValue): string {
    const placeholder = `:v${Object.keys(this.values).length}`;
    this.values[placeholder] = value;
    return placeholder;
  }

  name(name: string): string {
    if (this.random.chance(0.8)) return name;
    const placeholder = `#n${Object.keys(this.names).length}`;
    this.names[placeholder] = name;
    return placeholder;
  }

  /** Members of the request, sometimes with one too many or too few. */
  members(): object {
    const names = { ...this.names, ...(this.random.chance(0.005) && { '#unused': 'x' }) };
    const values = { ...this.values, ...(this.random.chance(0.005) && { ':unused': S('x') }) };
    if (this.random.chance(0.005)) delete (values as Record<string, unknown>)[':v0'];
    return {
      ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    };
  }
}
