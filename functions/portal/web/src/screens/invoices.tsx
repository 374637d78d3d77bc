import { ListScreen } from "../list";
import { invoices } from "./lists";

export default function Invoices() {
  return <ListScreen list={invoices} />;
}
