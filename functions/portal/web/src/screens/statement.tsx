export { Statement as default } from "./ledger";
