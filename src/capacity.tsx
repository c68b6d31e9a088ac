/** The sections about shared memory and about what fills the workspace, over their model. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { PatchNote } from './changes-part';
import type { Changes } from './changing';
import type { Point, Status } from './contract';
import type { FillingModel } from './filling';
import { AdviceView } from './views/advice';
import { FillingView } from './views/filling';
import { Mapped } from './views/mapped';
import { ShmView } from './views/shm';

export interface PartProps {
  status: Status;
  filling: FillingModel;
  changes?: Changes | undefined;
  trans: TranslationBundle;
}

export function ShmPart(props: PartProps & { points: readonly Point[] }): JSX.Element {
  const { status, points, filling, changes, trans } = props;
  const { shm, advice, taken } = status;
  return (
    <>
      <ShmView shm={shm} points={points} now={taken} trans={trans} />
      {shm.kind === 'shm' ? (
        <Mapped
          shm={shm}
          refused={refused(status, trans)}
          cleared={filling.cleared}
          end={filling.end}
          clear={filling.clear}
          trans={trans}
        />
      ) : null}
      <AdviceView
        advice={advice}
        section="shm"
        fix={status.read_only ? undefined : changes?.fix}
        trans={trans}
      />
      <PatchNote changes={changes} status={status} trans={trans} />
    </>
  );
}

export function FillingPart({ status, filling, trans }: PartProps): JSX.Element {
  return (
    <FillingView
      filling={filling.shown}
      failure={filling.failure}
      running={filling.running(status.operations)}
      refused={refused(status, trans)}
      now={status.taken}
      open={filling.open}
      scan={filling.scan}
      cancel={filling.cancel}
      trash={filling.trash}
      remove={filling.delete}
      empty={filling.empty}
      reveal={filling.reveal}
      trans={trans}
    />
  );
}

/** Why the site allows no change here; empty: it does. */
function refused({ read_only }: Status, trans: TranslationBundle): string {
  return read_only ? trans.__('This site is read-only: nothing can be changed here.') : '';
}
