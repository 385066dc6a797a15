export { BudgetList, budgetName } from "./BudgetList";
export { CapFields } from "./CapFields";
export { FolderBudget } from "./FolderBudget";
