/**
 * Text from the settings, for a place where Terraform would take `${…}` and `%{…}` for templates of its own.
 *
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
 */
export const literal = (text: string): string => text.replace(/[$%](?=\{)/g, '$&$&');
