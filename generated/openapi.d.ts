// Generated from crds/ by scripts/generate.mjs; never edited.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description An active standby pair of TimesTen databases, or a set of independent ones. */
        TimesTenClassic: {
            spec: {
                /** @description Settings of TimesTen and of its management. */
                ttspec: {
                    /** @description Image of TimesTen. A change of this text starts an upgrade. */
                    image: string;
                    /**
                     * @description Default IfNotPresent.
                     * @enum {string}
                     */
                    imagePullPolicy?: "Always" | "IfNotPresent" | "Never";
                    /** @description Name of one docker-config Secret for pulling the image. */
                    imagePullSecret?: string;
                    /**
                     * @description auto: the operator replaces the Pods; manual: the user deletes them. Default auto.
                     * @enum {string}
                     */
                    imageUpgradeStrategy?: "auto" | "manual" | "Auto" | "Manual";
                    /**
                     * Format: int32
                     * @description Seconds a replaced Pod may stay down before the upgrade has failed; 0: no limit. Default 600.
                     */
                    upgradeDownPodTimeout?: number;
                    /** @description Clears the state of a failed upgrade when its value changes. */
                    resetUpgradeState?: string;
                    /** @description StorageClass of the volume /tt, and of /ttlog unless logStorageClassName is given. */
                    storageClassName: string;
                    /** @description Size of the volume /tt, e.g. 250G. Default 50Gi. */
                    storageSize?: string;
                    /** @description Label selector for the persistent volumes. */
                    storageSelector?: {
                        matchLabels?: {
                            [key: string]: string;
                        };
                        matchExpressions?: {
                            key: string;
                            /** @enum {string} */
                            operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                            values?: string[];
                        }[];
                    };
                    /** @description StorageClass of /ttlog. */
                    logStorageClassName?: string;
                    /** @description Size of the volume /ttlog for transaction logs; without it there is none. */
                    logStorageSize?: string;
                    /** @description Label selector for the persistent volumes. */
                    logStorageSelector?: {
                        matchLabels?: {
                            [key: string]: string;
                        };
                        matchExpressions?: {
                            key: string;
                            /** @enum {string} */
                            operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
                            values?: string[];
                        }[];
                    };
                    /** @description ConfigMaps whose keys become the files of /ttconfig (db.ini, adminUser, schema.sql, ...). */
                    dbConfigMap?: string[];
                    /** @description Secrets whose keys become files of /ttconfig, after those of dbConfigMap. */
                    dbSecret?: string[];
                    /**
                     * @description A pair, or independent databases. Default activeStandbyPair.
                     * @enum {string}
                     */
                    replicationTopology?: "activeStandbyPair" | "none";
                    /**
                     * Format: int32
                     * @description Number of databases where replicationTopology is none. Default 1.
                     */
                    replicas?: number;
                    /**
                     * Format: int32
                     * @description Where replicationTopology is none, only Pods with this or a higher ordinal are upgraded.
                     */
                    rollingUpdatePartition?: number;
                    /** @description Accepted for compatibility; without effect, as in the product. */
                    updateStrategy?: {
                        /** @enum {string} */
                        type?: "RollingUpdate" | "OnDelete";
                        rollingUpdate?: {
                            /** Format: int32 */
                            partition?: number;
                            maxUnavailable?: number | string;
                        };
                    };
                    /** @description Read-only subscribers of a pair. */
                    subscribers?: {
                        /** Format: int32 */
                        replicas?: number;
                        /** Format: int32 */
                        maxReplicas?: number;
                        name?: string;
                        template?: {
                            [key: string]: unknown;
                        };
                    };
                    /**
                     * Format: int32
                     * @description TCP port of replication. Default 4444.
                     */
                    repPort?: number;
                    /** @description Complete replication statement; {{tt-name}}, {{tt-node-0}}, {{tt-node-1}}, {{tt-rep-port}} and others are filled in. */
                    repCreateStatement?: string;
                    /** @description NO RETURN, RETURN RECEIPT [BY REQUEST] or RETURN TWOSAFE [BY REQUEST]. Default NO RETURN. */
                    repReturnServiceAttribute?: string;
                    /** @description Attributes of each store clause, in place of PORT <repPort> FAILTHRESHOLD 0. */
                    repStoreAttribute?: string;
                    /** @description Cipher suites of encrypted replication. */
                    replicationCipherSuite?: string;
                    /**
                     * Format: int32
                     * @description 1: refuse replication that is not encrypted.
                     */
                    replicationSSLMandatory?: number;
                    /**
                     * @description What to do when both databases are down. Default Best.
                     * @enum {string}
                     */
                    bothDownBehavior?: "Best" | "Manual";
                    /**
                     * Format: int32
                     * @description Accepted for compatibility with 18.1.4.11; without effect.
                     */
                    waitingForActiveTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds between regular looks at the object; news are acted on at once. Default 5.
                     */
                    pollingInterval?: number;
                    /**
                     * Format: int32
                     * @description Where given, a silent agent's Pod counts as down, and a silent active is replaced, only after so many seconds.
                     */
                    unreachableTimeout?: number;
                    /**
                     * Format: int32
                     * @description L of docs/fencing.md: so many seconds an active that nobody hears may go on writing; its standby takes over about 1.1 times (L + 1) seconds after the silence began. A change forms the pair anew. Default 6.
                     */
                    writePermissionSeconds?: number;
                    /** @description true: an active whose standby died while no operator was there goes on alone by itself, for which its Pods get a Role for this object's record. Default false, then it closes until an operator is back. */
                    writerMayClaimSolo?: boolean;
                    /**
                     * Format: int32
                     * @description Seconds a replication state such as RECOVERING is borne. Default 30.
                     */
                    repStateTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; 0: no limit.
                     */
                    agentTCPTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; 0: no limit.
                     */
                    agentTcpTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; 0: no limit.
                     */
                    agentTLSTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; 0: no limit.
                     */
                    agentTlsTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; 0: no limit.
                     */
                    agentGetTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds; 0: no limit.
                     */
                    agentPostTimeout?: number;
                    /**
                     * Format: int32
                     * @description Seconds for long tasks such as a duplicate. Default agentPostTimeout.
                     */
                    agentAsyncTimeout?: number;
                    /** @description Container daemonlog, which prints TimesTen's log. Default true. */
                    daemonLogSidecar?: boolean;
                    /** @description Exporter sidecar. */
                    prometheus?: {
                        publish?: boolean;
                        /**
                         * Format: int32
                         * @default 8888
                         */
                        port?: number;
                        /** @default false */
                        insecure?: boolean;
                        certSecret?: string;
                        /** Format: int32 */
                        limitRate?: number;
                        /** @default true */
                        createPodMonitors?: boolean;
                    };
                    /** @description Clean up in the Oracle database when the object is deleted. Default true. */
                    cacheCleanup?: boolean;
                    /** @description Suspends management when its value changes. */
                    stopManaging?: string;
                    /** @description Resumes management when its value changes in ManualInterventionRequired. */
                    reexamine?: string;
                    /**
                     * Format: int32
                     * @description Default 90.
                     */
                    memoryWarningPercent?: number;
                    /** @description Default false. */
                    useHugePages?: boolean;
                    /** @description Default true. */
                    automaticMemoryRequests?: boolean;
                    /** @description A quantity such as 2Gi. */
                    databaseMemorySize?: string;
                    /** @description A quantity such as 2Gi. */
                    additionalMemoryRequest?: string;
                    /** @description A quantity such as 2Gi. */
                    databaseCPURequest?: string;
                    /** @description A quantity such as 2Gi. */
                    daemonLogMemoryRequest?: string;
                    /** @description A quantity such as 2Gi. */
                    daemonLogCPURequest?: string;
                    /** @description A quantity such as 2Gi. */
                    exporterMemoryRequest?: string;
                    /** @description A quantity such as 2Gi. */
                    exporterCPURequest?: string;
                    /** @description true: only the active Pod of a pair is Ready. */
                    createASReadinessProbe?: boolean;
                    readOnlyRootFilesystem?: boolean;
                    /**
                     * Format: int32
                     * @description Seconds. Default 30.
                     */
                    terminationGracePeriod?: number;
                    /**
                     * Format: int32
                     * @description Seconds; absent = off.
                     */
                    deleteDbOnNotReadyNode?: number;
                    /** @description Operator-made certificates for encrypted client connections. */
                    clientTLS?: {
                        auto?: boolean;
                        ciphersuites?: string;
                        /** @enum {string} */
                        eccurve?: "p256" | "p384" | "p521";
                        encryption?: string;
                        signAlg?: string;
                        /** Format: int32 */
                        validity?: number;
                    };
                    /** @description Certificates of one's own authority for client connections. */
                    customClientTLS?: {
                        ciphersuites?: string;
                    };
                    /** @enum {string} */
                    arch?: "amd64" | "arm64";
                    zzTestInfo?: string;
                    /** Format: int32 */
                    zzAgentDebugInfo?: number;
                };
                /** @description Additions to the Pods, as a PodTemplateSpec. */
                template?: {
                    [key: string]: unknown;
                };
                /** @description Further PersistentVolumeClaims for containers of the template. */
                volumeClaimTemplates?: {
                    [key: string]: unknown;
                }[];
            };
            /** @description Written by the operator alone. */
            status?: {
                statusVersion?: string;
                /** Format: int64 */
                observedGeneration?: number;
                /**
                 * Format: int64
                 * @description Milliseconds since 1970.
                 */
                lastReconcile?: number;
                lastReconcilingOperator?: string;
                /** @enum {string} */
                highLevelState?: "Initializing" | "Normal" | "ActiveDown" | "ActiveTakeover" | "StandbyDown" | "StandbyStarting" | "StandbyCatchup" | "BothDown" | "WaitingForActive" | "ConfiguringActive" | "OneDown" | "ManualInterventionRequired" | "Reexamine" | "Failed" | "AllReplicasReady" | "SomeReplicasReady" | "NoReplicasReady" | "";
                /** @enum {string} */
                prevHighLevelState?: "Initializing" | "Normal" | "ActiveDown" | "ActiveTakeover" | "StandbyDown" | "StandbyStarting" | "StandbyCatchup" | "BothDown" | "WaitingForActive" | "ConfiguringActive" | "OneDown" | "ManualInterventionRequired" | "Reexamine" | "Failed" | "AllReplicasReady" | "SomeReplicasReady" | "NoReplicasReady" | "";
                /**
                 * Format: int64
                 * @description Seconds since 1970.
                 */
                lastHighLevelStateSwitch?: number;
                /** @description Name of the active Pod, None, unknown, or N/A. */
                activePods?: string;
                repCreateStatement?: string;
                /** Format: int32 */
                repPort?: number;
                /**
                 * Format: int64
                 * @description Number of Events written for this object.
                 */
                lastEvent?: number;
                prevStopManaging?: string;
                prevReexamine?: string;
                /**
                 * @description What stopped management until reexamine changes; empty while the object is managed.
                 * @enum {string}
                 */
                managementStopped?: "" | "StopManaging" | "BothDown";
                usingTwosafe?: boolean;
                bothDownRecoveryIneligible?: boolean;
                /** Format: int64 */
                awtBehindMb?: number;
                /** Format: int32 */
                repStartFailCount?: number;
                /** @description The long task of an agent that is under way or was the last. */
                asyncStatus?: {
                    id?: string;
                    type?: string;
                    caller?: string;
                    host?: string;
                    podName?: string;
                    running?: boolean;
                    complete?: boolean;
                    /** Format: int32 */
                    errno?: number;
                    errmsg?: string;
                    /** Format: int64 */
                    started?: number;
                    /** Format: int64 */
                    updated?: number;
                    /** Format: int64 */
                    ended?: number;
                };
                /** @description The steps of building the standby anew. */
                standbyDownStandbyAS?: {
                    id?: string;
                    asyncId?: string;
                    podName?: string;
                    status?: string;
                    destroyDb?: boolean;
                    repDuplicate?: boolean;
                    startRepAgent?: boolean;
                };
                classicUpgradeStatus?: {
                    /**
                     * Format: int64
                     * @description Seconds since 1970.
                     */
                    activeStartTime?: number;
                    activeStatus?: string;
                    imageUpdatePending?: boolean;
                    /** Format: int64 */
                    lastUpgradeStateSwitch?: number;
                    prevResetUpgradeState?: string;
                    prevUpgradeState?: string;
                    /** Format: int64 */
                    standbyStartTime?: number;
                    standbyStatus?: string;
                    /** Format: int64 */
                    upgradeStartTime?: number;
                    upgradeState?: string;
                };
                /** @description What the operator remembers of changes of the image, and how far an upgrade of the pair is. */
                upgrade?: {
                    /** @description spec.ttspec.image that was last taken note of. */
                    image?: string;
                    /**
                     * @description Absent while there is nothing to do.
                     * @enum {string}
                     */
                    phase?: "Waiting" | "Refused" | "Standby" | "Active" | "Failed" | "Recovering" | "Unfinished" | "Manual";
                    /** @description What is going on, for people. */
                    message?: string;
                    /**
                     * Format: int32
                     * @description Number of the present step.
                     */
                    step?: number;
                    /**
                     * Format: int32
                     * @description Number of the last step.
                     */
                    steps?: number;
                    /**
                     * Format: date-time
                     * @description When the present step or phase began.
                     */
                    since?: string;
                    /**
                     * Format: date-time
                     * @description When the upgrade began.
                     */
                    startedAt?: string;
                    /**
                     * Format: date-time
                     * @description When the standby was verified on the new image.
                     */
                    standbyReadyAt?: string;
                    /** @description Release of the active when it began. */
                    fromRelease?: string;
                    /** @description Release of the new image, where it is known. */
                    toRelease?: string;
                    /** @description Pod that is replaced next or was replaced last. */
                    podName?: string;
                    /** @description Its uid before it is replaced. */
                    podUID?: string;
                    /**
                     * @description What it was when that was decided.
                     * @enum {string}
                     */
                    podRole?: "STANDBY" | "ACTIVE";
                    /**
                     * Format: date-time
                     * @description When it was seen to go.
                     */
                    replacedAt?: string;
                    /**
                     * @description Phase in which the upgrade failed.
                     * @enum {string}
                     */
                    failedIn?: "Standby" | "Active";
                    /** @description The image was changed again before an earlier change had come to its end. */
                    restarted?: boolean;
                    /** @description The active runs the wanted image already, only the other Pod goes back to it. */
                    rollingBack?: boolean;
                };
                /** @description The stopwatch of the last upgrade that came to its end. Times are UTC with milliseconds. */
                lastUpgrade?: {
                    /** @description Image that both Pods run since then. */
                    image?: string;
                    /** @enum {string} */
                    outcome?: "Completed" | "RolledBack";
                    fromRelease?: string;
                    toRelease?: string;
                    /**
                     * Format: date-time
                     * @description When it began.
                     */
                    startedAt?: string;
                    /**
                     * Format: date-time
                     * @description When the standby was verified on the new image.
                     */
                    standbyReadyAt?: string;
                    /**
                     * Format: date-time
                     * @description When both were verified.
                     */
                    completedAt?: string;
                    /**
                     * Format: int64
                     * @description From start to end, as the Event says.
                     */
                    seconds?: number;
                    /**
                     * Format: int64
                     * @description How long nobody could write at the change of roles: from the Closed record until the Service led to the new active.
                     */
                    writeGapMs?: number;
                };
                subscriber?: {
                    state?: string;
                    prevState?: string;
                    /** Format: int64 */
                    lastStateSwitch?: number;
                    /** Format: int32 */
                    newReplicas?: number;
                    /** Format: int32 */
                    prevReplicas?: number;
                    surplusing?: boolean;
                };
                /** @description One entry per Pod, by ordinal. */
                podStatus?: {
                    name: string;
                    initialized?: boolean;
                    /** @enum {string} */
                    ttPodType?: "Database" | "Subscriber";
                    /** @enum {string} */
                    intendedState?: "Active" | "Standby" | "Standalone" | "Subscriber" | "Unknown" | "";
                    prevIntendedState?: string;
                    highLevelState?: string;
                    prevHighLevelState?: string;
                    /** @description Seconds since 1970; ? where it is not known. */
                    lastHighLevelStateSwitch?: number | string;
                    prevImage?: string;
                    ready?: boolean;
                    prevReady?: boolean;
                    active?: boolean;
                    prevActive?: boolean;
                    hasBeenSeen?: boolean;
                    quiescing?: boolean;
                    nonRepUpgradeFailed?: boolean;
                    installRelease?: string;
                    imageRelease?: string;
                    adminUserFile?: boolean;
                    schemaFile?: boolean;
                    cgFile?: boolean;
                    cacheUserFile?: boolean;
                    usingTwosafe?: boolean;
                    disableReturn?: boolean;
                    localCommit?: boolean;
                    podStatus?: {
                        podPhase?: string;
                        podIP?: string;
                        /** @enum {string} */
                        agent?: "Up" | "Down" | "Unknown";
                        /**
                         * Format: int64
                         * @description Seconds since 1970; 0 = never.
                         */
                        lastTimeReachable?: number;
                        prevUID?: string;
                    };
                    timesTenStatus?: {
                        release?: string;
                        /** @enum {string} */
                        instance?: "Exists" | "Missing" | "Unknown";
                        /** @enum {string} */
                        daemon?: "Up" | "Down" | "Unknown";
                    };
                    dbStatus?: {
                        /** @enum {string} */
                        db?: "None" | "Loaded" | "Loading" | "Unloading" | "Unloaded" | "Transitioning" | "Unknown";
                        /** @enum {string} */
                        dbUpdatable?: "Yes" | "No" | "Unknown";
                        /**
                         * Format: int64
                         * @description Count of the replicated marks.
                         */
                        dbId?: number;
                        open?: boolean;
                        /** @description A person has closed it and nobody has opened it since. */
                        closedByPerson?: boolean;
                        /** @description The present life of the database in memory. */
                        boot?: string;
                    };
                    replicationStatus?: {
                        /** @enum {string} */
                        repAgent?: "Running" | "Not Running" | "Unknown";
                        /** @enum {string} */
                        repScheme?: "Exists" | "None" | "Unknown";
                        /** @enum {string} */
                        repState?: "IDLE" | "ACTIVE" | "STANDBY" | "RECOVERING" | "FAILED" | "Unknown";
                        /** @enum {string} */
                        repPeerPState?: "start" | "pause" | "stop" | "failed" | "Unknown";
                        repPeerPStateFetchErr?: string;
                        /**
                         * Format: int64
                         * @description Seconds since 1970.
                         */
                        lastTimeRepStateChanged?: number;
                    };
                    cacheStatus?: {
                        /** @enum {string} */
                        cacheAgent?: "Running" | "Not Running" | "Unknown";
                        cacheUidPwdSet?: boolean;
                        /** Format: int32 */
                        nCacheGroups?: number;
                        /** Format: int64 */
                        awtBehindMb?: number;
                    };
                }[];
                conditions?: {
                    type: string;
                    /** @enum {string} */
                    status: "True" | "False" | "Unknown";
                    /** Format: int64 */
                    observedGeneration?: number;
                    /** Format: date-time */
                    lastTransitionTime: string;
                    reason: string;
                    message: string;
                }[];
                /** @description The stopwatch of the last change of the active database. Times are UTC with milliseconds. */
                lastFailover?: {
                    /**
                     * @description failover: the active was lost; handover: its Pod was deleted or evicted; switchover: asked for.
                     * @enum {string}
                     */
                    kind?: "failover" | "handover" | "switchover";
                    /** @description Pod that was active. */
                    from?: string;
                    /** @description Pod that became active. */
                    to?: string;
                    /**
                     * Format: int64
                     * @description n of the record at the last change of writer: this one.
                     */
                    epoch?: number;
                    /**
                     * Format: int64
                     * @description Record number of the promotion.
                     */
                    recordNumber?: number;
                    /**
                     * Format: date-time
                     * @description When the old active stopped.
                     */
                    failedAt?: string;
                    /** @description Who said when it stopped. */
                    failedAtSource?: string;
                    /**
                     * Format: date-time
                     * @description When the operator knew.
                     */
                    seenAt?: string;
                    /**
                     * Format: date-time
                     * @description When it was certain that the old one cannot write.
                     */
                    provenAt?: string;
                    /** @description What made it certain: fenced, over, waited or attested, and by whom. */
                    proof?: string;
                    /**
                     * Format: date-time
                     * @description When the new one was open for writing.
                     */
                    promotedAt?: string;
                    /**
                     * Format: date-time
                     * @description When the active Service pointed to it.
                     */
                    routedAt?: string;
                    /**
                     * Format: date-time
                     * @description When a standby had everything again.
                     */
                    redundantAt?: string;
                    /** @description Commits acknowledged just before may be missing. */
                    possibleLoss?: boolean;
                    /**
                     * Format: int64
                     * @description At most so many bytes of the old active's log had not arrived.
                     */
                    lossBytes?: number;
                    /**
                     * Format: int64
                     * @description At most so many marks of the agents (dbId) had not arrived.
                     */
                    lossCommits?: number;
                    /**
                     * Format: int64
                     * @description Last known mark (dbId) of the old active.
                     */
                    fromPosition?: number;
                    /**
                     * Format: int64
                     * @description Mark (dbId) of the new active when it was promoted.
                     */
                    toPosition?: number;
                };
                /** @description The last switchover asked for by annotation timesten.oracle.com/switchover. */
                switchover?: {
                    /** @description Value of the annotation. */
                    requestId?: string;
                    /**
                     * @description What has become of it.
                     * @enum {string}
                     */
                    phase?: "Running" | "Done" | "Refused";
                    /** @description The answer, for people. */
                    message?: string;
                    /** @description Pod that was active. */
                    from?: string;
                    /** @description Pod that shall be active. */
                    to?: string;
                    /**
                     * Format: date-time
                     * @description When the phase began.
                     */
                    at?: string;
                };
                /** @description The last decisions of the operator and why, newest last. */
                decisions?: {
                    /** Format: date-time */
                    at: string;
                    reason: string;
                    message: string;
                }[];
            };
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
