import { TerraformBackend, type TerraformRemoteState } from 'cdktf';
import type { Construct } from 'constructs';
import { ConfigurationError } from '../functions/core/errors';

/** The project's directory, seen from a stack's folder: without a backend, cdktf would write the absolute path of this machine. */
const LOCAL = { local: { path: '../../../terraform.suture.tfstate' } };

/** Where Terraform keeps its state, written as in the settings: any backend that Terraform knows, or `cloud`. */
export class Backend extends TerraformBackend {
  private readonly kind: string;
  private readonly arguments: Readonly<Record<string, unknown>>;

  constructor(
    scope: Construct,
    id: string,
    settings: Readonly<Record<string, Readonly<Record<string, unknown>>>> | null,
  ) {
    const [[kind, given] = ['', {}]] = Object.entries(settings ?? LOCAL);
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
