import type { AwsSecurityFinding, AwsSecurityFindingFilters } from '@aws-sdk/client-securityhub';
import { ACCOUNT, FindingsBench, fixture } from '../guardduty/support';

export const SG = 'securityhub-imported-sg-critical';
export const S3 = 'securityhub-imported-s3-high';

/** The first finding of a sample. */
export const first = (name: string): AwsSecurityFinding => fixture(name).detail.findings[0];
export const identifier = ({ Id, ProductArn }: AwsSecurityFinding) => ({ Id, ProductArn });
export const by = (value: string | undefined) => [{ Value: value ?? '', Comparison: 'EQUALS' as const }];

/** A Security Hub, whose events are listened to, and its findings. */
export class HubBench {
  private constructor(readonly bench: FindingsBench) {}

  static async start(): Promise<HubBench> {
    const bench = await FindingsBench.start(ACCOUNT);
    await bench.listen('aws.securityhub');
    await bench.emit(SG);
    return new HubBench(bench);
  }

  get hub() {
    return this.bench.hub;
  }

  /** Begins again with what some events told of. */
  async only(...names: string[]): Promise<void> {
    await this.hub.disableSecurityHub({});
    await this.bench.emit(...names);
    await this.bench.told();
  }

  async find(Filters: AwsSecurityFindingFilters): Promise<AwsSecurityFinding[]> {
    return (await this.hub.getFindings({ Filters })).Findings ?? [];
  }

  async one({ Id, ProductArn }: AwsSecurityFinding): Promise<AwsSecurityFinding | undefined> {
    return (await this.find({ Id: by(Id), ProductArn: by(ProductArn) }))[0];
  }
}
