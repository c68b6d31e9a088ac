/** /dev/shm: what data loaders and NCCL share memory through. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Point, Shm, Unavailable } from '../contract';
import * as units from '../units';
import { Meter } from './meter';
import { Reason } from './reason';

export interface ShmProps {
  shm: Shm | Unavailable;
  points: readonly Point[];
  now: string;
  trans: TranslationBundle;
}

export function ShmView({ shm, points, now, trans }: ShmProps): JSX.Element {
  if (shm.kind === 'unavailable') {
    return <Reason reason={shm.reason} hint={shm.hint} />;
  }
  return (
    <Meter
      label="/dev/shm"
      used={shm.used}
      limit={shm.total}
      text={trans.__('%1 of %2', units.bytes(shm.used), units.bytes(shm.total))}
      notes={notes(shm, trans)}
      dots={points.map(p => ({ at: p.taken, value: p.shm_used }))}
      now={now}
      format={units.bytes}
      trans={trans}
    />
  );
}

function notes(shm: Shm, trans: TranslationBundle): string[] {
  const sentences = [origin(shm, trans)];
  if (shm.fills && shm.fills > 1024) {
    sentences.push(trans.__('It fills by %1 a second.', units.bytes(shm.fills)));
  }
  if (shm.counts_against_memory) {
    sentences.push(trans.__('What lies here counts against the memory limit.'));
  }
  if (shm.hidden) {
    sentences.push(
      trans.__('%1 belong to deleted files that are still in use.', units.bytes(shm.hidden))
    );
  }
  return sentences.filter(Boolean);
}

function origin(shm: Shm, trans: TranslationBundle): string {
  switch (shm.origin) {
    case 'runtime_default':
      return trans.__('The container runtime’s default size.');
    case 'empty_dir':
      return trans.__('A memory volume with a size limit of its own.');
    case 'empty_dir_unbounded':
      return trans.__('A memory volume without a size limit of its own.');
    case 'node_half':
      return trans.__('Half of the node’s memory: no size was set.');
    case 'host':
      return trans.__('Shared with the node.');
    case 'unknown':
      return '';
  }
}
