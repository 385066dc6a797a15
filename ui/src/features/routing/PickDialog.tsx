import { Dialog } from "@/components/Dialog";
import { FilterList, type Choice } from "@/components/FilterList";
import { providerOf } from "@/lib/target";
import { useTargets } from "./api";
import styles from "./Routing.module.css";

type Props = {
  title: string;
  /** Whole providers can be picked too. */
  providers?: boolean;
  onPick: (target: string) => void;
  onClose: () => void;
};

/** All that can be asked, under a search box. */
export function PickDialog({ title, providers, onPick, onClose }: Props) {
  const { data: models } = useTargets();
  const targets = (models ?? []).map(({ target }) => target);
  const ids = providers ? [...new Set(targets.map(providerOf))].sort() : [];
  const choices: Choice[] = [
    ...ids.map((id) => choice(id, "Providers, all of their models")),
    ...targets.map((target) => choice(target, "Models")),
  ];
  return (
    <Dialog title={title} open onClose={onClose}>
      <FilterList
        label={title}
        placeholder={providers ? "Find a provider or a model" : "Find a model"}
        find={(query) => {
          const words = query.toLowerCase().split(/\s+/);
          return choices.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
        }}
        onPick={({ id }) => onPick(id)}
        nothing={(query) => (models ? `Nobody is called “${query}”` : "Looking for models")}
      />
    </Dialog>
  );
}

const choice = (id: string, group: string): Choice => ({
  id,
  group,
  text: id,
  content: <bdi className={styles.option}>{id}</bdi>,
});
