const ZONES = ['a', 'b', 'c'];

/** The zones of a Region by name and id: `eu-west-1a` and `euw1-az1`. @see https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html */
export function zonesOf(region: string): { readonly name: string; readonly id: string }[] {
  const [area = '', ...rest] = region.split('-');
  const short = `${area}${rest.map((part) => part[0] ?? '').join('')}`;
  return ZONES.map((zone, index) => ({ name: `${region}${zone}`, id: `${short}-az${index + 1}` }));
}
