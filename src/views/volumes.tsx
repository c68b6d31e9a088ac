/** The volumes: what is free in bytes and files, and what a restart of the pod leaves of them. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Point, Unavailable, Volume, Volumes } from '../contract';
import * as units from '../units';
import { Meter } from './meter';
import { Reason } from './reason';

export interface VolumesProps {
  volumes: Volumes | Unavailable;
  points: readonly Point[];
  now: string;
  trans: TranslationBundle;
}

export function VolumesView(props: VolumesProps): JSX.Element {
  const { volumes } = props;
  if (volumes.kind === 'unavailable') {
    return <Reason reason={volumes.reason} hint={volumes.hint} />;
  }
  return (
    <ul className="kfnb-List">
      {volumes.volumes.map(volume => (
        <li key={volume.mount} title={volume.source}>
          <VolumeView {...props} volume={volume} />
        </li>
      ))}
    </ul>
  );
}

function VolumeView(props: VolumesProps & { volume: Volume }): JSX.Element {
  const { volume, points, now, trans } = props;
  const { total, used, free, missing } = volume;
  // As `df` has it: blocks kept for root are neither used nor free.
  const room = used === null || free === null ? null : used + free;
  const dots = points.map(p => ({ at: p.taken, value: p.volumes_used[volume.mount] ?? null }));
  return (
    <Meter
      label={volume.mount}
      used={room === null || total === null ? null : used}
      limit={room}
      text={trans.__('%1 free of %2', units.bytes(free ?? 0), units.bytes(room ?? 0))}
      missing={missing.free ?? missing.total ?? (volume.stale ? stale(trans) : undefined)}
      notes={notes(volume, now, trans)}
      // Other disks hardly move within ten minutes; the workspace's is the one that fills up.
      {...(volume.is_workspace ? { dots } : {})}
      now={now}
      format={value => trans.__('%1 used', units.bytes(value))}
      trans={trans}
    />
  );
}

function notes(volume: Volume, now: string, trans: TranslationBundle): string[] {
  const { inodes_total: inodes, inodes_free: left } = volume;
  return [
    volume.is_workspace ? trans.__('Holds the workspace.') : '',
    volume.claim ? trans.__('Claim %1.', volume.claim) : '',
    volume.scope === 'shared' ? trans.__('Others fill it too.') : '',
    volume.forecast
      ? trans.__(
          'Full at about %1, if it goes on like this.',
          units.moment(volume.forecast.full_at, now)
        )
      : '',
    volume.read_only ? trans.__('Read-only.') : '',
    // Some filesystems make inodes as they need them and say 0: then there is no limit to show.
    inodes && left !== null
      ? trans.__('%1 of %2 files free', units.count(left), units.count(inodes))
      : '',
    survival(volume, trans)
  ].filter(Boolean);
}

function stale(trans: TranslationBundle): string {
  return trans.__('It does not answer: the server behind it may be gone.');
}

function survival(volume: Volume, trans: TranslationBundle): string {
  if (volume.survives_restart === null) {
    return trans.__('Cannot be told from here whether it survives a restart.');
  }
  return volume.survives_restart
    ? trans.__('Survives a restart of the pod.')
    : trans.__('Lost when the pod restarts.');
}
