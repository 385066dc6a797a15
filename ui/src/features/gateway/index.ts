export { copyAddress, switchGateway } from "./acts";
export { GatewayPage } from "./GatewayPage";
export { issueKey } from "./issuing";
export { GatewayItem } from "./StatusItem";
