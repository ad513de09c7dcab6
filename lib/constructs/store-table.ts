import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, type StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";

export interface StoreTableProps {
  /** Retained tables also have point-in-time recovery and cannot be deleted by accident. */
  readonly removalPolicy: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
  /** Whether a mistake can be undone to the second, for 35 days. @default true */
  readonly recoverable?: boolean;
  /** Whether items go once `expiresAt`, in epoch seconds, has passed. @default false */
  readonly expires?: boolean;
  /** What of a change the table's stream carries. @default - no stream */
  readonly stream?: StreamViewType;
}

/** A table with the string keys `pk` and `sk`, paid by the request. */
export class StoreTable extends Table {
  constructor(scope: Construct, id: string, props: StoreTableProps) {
    super(scope, id, {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.recoverable ?? true },
      removalPolicy: props.removalPolicy,
      deletionProtection: props.removalPolicy === RemovalPolicy.RETAIN,
      ...(props.expires && { timeToLiveAttribute: "expiresAt" }),
      ...(props.stream && { stream: props.stream }),
    });
  }
}
