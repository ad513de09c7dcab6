/** The package ships no types; this is the part of it that the tests use. */
declare module "asl-validator" {
  interface Validation {
    readonly isValid: boolean;
    readonly errorsText: (separator?: string) => string;
  }
  function validate(definition: object): Validation;
  export = validate;
}
