/** The package has no types of its own. @see https://github.com/ChristopheBougere/asl-validator */
declare module 'asl-validator' {
  interface Problem {
    readonly 'Error code': string;
    readonly Message: string;
  }
  function validate(
    definition: unknown,
    options?: { readonly checkArn?: boolean },
  ): {
    readonly isValid: boolean;
    readonly errors: readonly Problem[];
  };
  export = validate;
}
