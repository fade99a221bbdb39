import { TerraformBackend, type TerraformRemoteState } from 'cdktf';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../functions/core/errors';

/**
 * A file in the project's directory, seen from a stack's folder, for each installation its own: without a backend, cdktf would write the
 * absolute path of this machine.
 */
export const localState = (prefix: string, stack: string) => ({
  local: { path: `../../../terraform.${prefix}${stack}.tfstate` },
});

/** Where Terraform keeps its state, written as in the settings: any backend that Terraform knows, or `cloud`. */
export class Backend extends TerraformBackend {
  private readonly kind: string;
  private readonly arguments: Readonly<Record<string, unknown>>;

  constructor(scope: Construct, id: string, settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>) {
    const [[kind, given] = ['', {}]] = Object.entries(settings);
    super(scope, id, kind);
    this.kind = kind;
    this.arguments = given;
  }

  override toTerraform(): object {
    return {
      terraform: this.kind === 'cloud' ? { cloud: this.arguments } : { backend: { [this.kind]: this.arguments } },
    };
  }

  getRemoteStateDataSource(): TerraformRemoteState {
    throw new ConfigurationError('stacks do not refer to each other');
  }
}
