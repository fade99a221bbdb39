/** A figure, how it was found, and what the design allows. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget?: number;
  readonly method: string;
}
