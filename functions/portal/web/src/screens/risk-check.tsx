export { Check as default } from "./risk-checks";
