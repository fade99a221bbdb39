/** One part of a dashboard's page, which is 24 columns wide. */
export interface Widget {
  readonly type: 'metric' | 'log';
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}

/** How the graphs of a dashboard look alike. */
export interface GraphDefaults {
  readonly region: string;
  /** In columns. */
  readonly width: number;
  readonly periodSeconds: number;
}

/**
 * Draws graphs of sums over time; what one of them has otherwise is given with it.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html#CloudWatch-Dashboard-Properties-Metric-Widget-Object
 */
export const graphsWith =
  ({ region, width, periodSeconds: period }: GraphDefaults) =>
  (title: string, metrics: readonly unknown[], more: object = {}): Widget => ({
    type: 'metric',
    width,
    height: 6,
    properties: { title, region, view: 'timeSeries', period, stat: 'Sum', metrics, ...more },
  });

/**
 * A dashboard's body: widgets from left to right and top to bottom.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
 */
export function dashboardBody(widgets: readonly Widget[]): string {
  let [x, y] = [0, 0];
  const placed = widgets.map((widget) => {
    if (x + widget.width > 24) [x, y] = [0, y + 6];
    const at = { ...widget, x, y };
    x += widget.width;
    return at;
  });
  return JSON.stringify({ widgets: placed });
}
