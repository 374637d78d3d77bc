import { ListScreen } from "../list";
import { creditNotes } from "./lists";

export default function CreditNotes() {
  return <ListScreen list={creditNotes} />;
}
