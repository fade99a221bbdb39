/** One part of a dashboard's page, which is 24 columns wide. */
export interface Widget {
  readonly type: 'metric' | 'log';
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}

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
