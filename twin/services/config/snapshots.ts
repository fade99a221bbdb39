import { randomUUID } from 'node:crypto';
import { dayOf, deliverText, prefixOf, stampOf } from './delivery';
import { evaluateSnapshot } from './evaluation';
import { apiItem } from './items';
import { type Channel, type Item, liveItems, type Place } from './state';

/**
 * Writes everything that is recorded into one file, and tells the rules that wait for it. Returns the snapshot's id.
 *
 * @see https://docs.aws.amazon.com/config/latest/developerguide/deliver-snapshot-cli.html
 */
export function deliverSnapshot(place: Place, channel: Channel): string {
  const { account, region, twin, state } = place;
  const id = randomUUID();
  const now = twin.clock.now();
  const key = `${prefixOf(place, channel)}${dayOf(place, now)}ConfigSnapshot/${account}_Config_${region}_ConfigSnapshot_${stampOf(now)}_${id}.json.gz`;
  twin.clock.after(0, () => {
    const items = [...state.items.keys()].flatMap((type) => [...liveItems(state, type)]);
    const text = JSON.stringify({
      fileVersion: '1.0',
      configSnapshotId: id,
      configurationItems: items.map((item) => inFile(item, place)),
    });
    const failure = deliverText(place, channel, key, text);
    const lastSuccess = failure ? channel.snapshot?.lastSuccess : now;
    channel.snapshot = { at: now, ...(failure && { error: failure }), ...(lastSuccess && { lastSuccess }) };
    if (failure) return;
    evaluateSnapshot(place, {
      configSnapshotId: id,
      s3ObjectKey: key,
      s3Bucket: channel.settings.s3BucketName,
      notificationCreationTime: twin.clock.now().toISOString(),
      messageType: 'ConfigurationSnapshotDeliveryCompleted',
      recordVersion: '1.1',
    });
  });
  return id;
}

/** As in the API, but with the configuration as objects. */
function inFile(item: Item, place: Place): object {
  const {
    version,
    configuration: _text,
    supplementaryConfiguration: _texts,
    accountId,
    ...rest
  } = apiItem(item, place);
  return {
    ...rest,
    configurationItemVersion: version,
    awsAccountId: accountId,
    configuration: JSON.parse(item.configuration ?? 'null') as unknown,
    supplementaryConfiguration: JSON.parse(item.supplementary) as unknown,
  };
}
