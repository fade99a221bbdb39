import { AwsError, type Call, type Operations } from '../../service';

type Sdk = typeof import('@aws-sdk/client-cloudwatch');

export interface Dashboard {
  readonly name: string;
  /** JSON text. */
  readonly body: string;
  readonly modified: Date;
}

/** By name. */
export type Dashboards = Map<string, Dashboard>;

const arnOf = ({ account }: Call<unknown>, name: string) => `arn:aws:cloudwatch::${account}:dashboard/${name}`;

/** @throws AwsError for what is no dashboard. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html */
export function dashboard(name: string, body: string, modified: Date): Dashboard {
  const invalid = (message: string) =>
    new AwsError('InvalidParameterInput', message, {
      members: { dashboardValidationMessages: [{ Message: message }] },
    });
  if (!/^[\w-]{1,255}$/.test(name))
    throw invalid(`The field DashboardName, ${name}, must be letters, digits, - and _.`);
  let parsed: { widgets?: unknown };
  try {
    parsed = JSON.parse(body) as typeof parsed;
  } catch {
    throw invalid('The field DashboardBody must be a valid JSON object');
  }
  if (!Array.isArray(parsed.widgets)) throw invalid('The field "widgets" must be an array');
  return { name, body, modified };
}

/** @throws AwsError if there is none. */
function find(dashboards: Dashboards, name = ''): Dashboard {
  const found = dashboards.get(name);
  if (!found) throw new AwsError('ResourceNotFound', `Dashboard ${name} does not exist`, { status: 404 });
  return found;
}

export const dashboardOperations: Operations<Sdk, { readonly dashboards: Dashboards }> = {
  PutDashboard({ DashboardName = '', DashboardBody = '' }, { state, twin }) {
    state.dashboards.set(DashboardName, dashboard(DashboardName, DashboardBody, twin.clock.now()));
    return { DashboardValidationMessages: [] };
  },
  GetDashboard({ DashboardName }, call) {
    const { name, body } = find(call.state.dashboards, DashboardName);
    return { DashboardArn: arnOf(call, name), DashboardName: name, DashboardBody: body };
  },
  ListDashboards: ({ DashboardNamePrefix = '' }, call) => ({
    DashboardEntries: [...call.state.dashboards.values()]
      .filter(({ name }) => name.startsWith(DashboardNamePrefix))
      .map(({ name, body, modified }) => ({
        DashboardName: name,
        DashboardArn: arnOf(call, name),
        LastModified: modified,
        Size: Buffer.byteLength(body),
      })),
  }),
  DeleteDashboards({ DashboardNames = [] }, { state }) {
    for (const name of DashboardNames) find(state.dashboards, name);
    for (const name of DashboardNames) state.dashboards.delete(name);
    return {};
  },
};
